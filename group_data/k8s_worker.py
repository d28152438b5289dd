"""Settings of the machines that run the application."""

# Where each tier answers on every worker; the edge sends its traffic there.
app_frontend_port = 30080
app_go_port = 30081
app_laravel_port = 30082
