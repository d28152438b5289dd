# An account gitlab-runner that may log in to nothing
# from: gitlab-org/gitlab-runner's shell executor, which is `su --login gitlab-runner`
# on: vm-docker
# refused: the account gitlab-runner has /usr/sbin/nologin as its shell
useradd --system --create-home --shell /usr/sbin/nologin gitlab-runner
