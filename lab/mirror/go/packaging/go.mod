module threebody.lab/packaging

go 1.24.0

require k8s.io/release v0.18.0
