"""What differs in the lab: how to get in, and who answers DNS."""

ssh_key = ".lab/ssh/id_ed25519"
ssh_known_hosts_file = ".lab/ssh/known_hosts"
ssh_strict_host_key_checking = "yes"

dns_servers = ["192.168.56.2"]
dns_fallback = []
