"""Makes pods that `podman play kube` runs from what helm rendered, doing what a cluster would: secrets and the pod's facts become values,
variables in values are expanded, and names of Services become this machine's address. Probes are left to the caller, as the images hold nothing
that podman could probe with. Everything else (users, capabilities, read-only roots, limits, volumes) stays as it is rendered.

    helm template … | resolve.py ADDRESS > pods.yaml
"""
import base64
import re
import sys

import yaml

address = sys.argv[1]
objects = [each for each in yaml.safe_load_all(sys.stdin) if each]
secrets = {each["metadata"]["name"]: each["data"] for each in objects if each["kind"] == "Secret"}
services = [each["metadata"]["name"] for each in objects if each["kind"] == "Service"]


def reachable(text):
    for name in services:
        text = re.sub(rf"\b{re.escape(name)}(\.[a-z0-9-]+\.svc)?(?=:)", address, text)
    return text


def value_of(variable, pod):
    source = variable.get("valueFrom")
    if not source:
        return variable.get("value", "")
    if "secretKeyRef" in source:
        return base64.b64decode(secrets[source["secretKeyRef"]["name"]][source["secretKeyRef"]["key"]]).decode()
    return {"metadata.name": pod, "spec.nodeName": "this-machine"}.get(source["fieldRef"]["fieldPath"], address)


def playable(name, labels, spec):
    for container in spec["containers"]:
        values = {}

        def expanded(text):
            return reachable(re.sub(r"\$\((\w+)\)", lambda match: values.get(match[1], match[0]), text))

        for variable in container.get("env", []):
            values[variable["name"]] = expanded(value_of(variable, name))
        container["env"] = [{"name": each, "value": text} for each, text in values.items()]
        for part in ("args", "command"):
            if part in container:
                container[part] = [expanded(text) for text in container[part]]
        for part in ("startupProbe", "livenessProbe", "readinessProbe", "ports"):
            container.pop(part, None)
    for part in ("serviceAccountName", "topologySpreadConstraints", "imagePullSecrets"):
        spec.pop(part, None)
    spec["hostNetwork"] = True
    spec.setdefault("restartPolicy", "Never")
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


pods = []
for each in objects:
    if each["kind"] == "Deployment":
        template = each["spec"]["template"]
        pods.append(playable(each["metadata"]["name"], template["metadata"]["labels"], template["spec"]))
    elif each["kind"] == "Pod":
        pods.append(playable(each["metadata"]["name"], each["metadata"]["labels"], each["spec"]))
yaml.safe_dump_all(pods, sys.stdout, sort_keys=False)
