# What buildah and podman of these scripts work with: a store of their own, and settings that work without systemd, and with limits below podman's
# usual ones.
images=$PWD/artifacts/images
mkdir -p "$images"
export CONTAINERS_CONF=$images/containers.conf CONTAINERS_STORAGE_CONF=$images/storage.conf BUILDAH_FORMAT=oci
cat > "$CONTAINERS_CONF" << CONF
[containers]
default_ulimits = ["nofile=$(ulimit -Hn):$(ulimit -Hn)", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
cat > "$CONTAINERS_STORAGE_CONF" << CONF
[storage]
driver = "overlay"
graphroot = "$images/storage"
runroot = "$images/run"
CONF
