# The database's folder holds somebody's files
# from: issue 16, "paths that are ... another's"
# on: vm-worker
# refused: /data/threebody/mysql (app_database_path) has somebody's files in it (photos)
mkdir -p /data/threebody/mysql/photos
