"""Checks a folder of Kubernetes manifests: core kinds and MPIJob v2beta1, and what pods must not be able to do. Also checks that
it finds misspelt fields and settings that are missing."""

import copy
import pathlib
import sys

import kubernetes_validate
import yaml

VERSION = "1.31"

# The fields that a kubeflow.org/v2beta1 MPIJob has. Pod templates are checked as pods.
MPI_JOB = {
    "apiVersion": str,
    "kind": str,
    "metadata": {"name": str, "namespace": str, "labels": dict, "annotations": dict},
    "spec": {
        "slotsPerWorker": int,
        "runLauncherAsWorker": bool,
        "sshAuthMountPath": str,
        "launcherCreationPolicy": ("AtStartup", "WaitForWorkersReady"),
        "mpiImplementation": ("OpenMPI", "Intel", "MPICH"),
        "runPolicy": {
            "cleanPodPolicy": ("Running", "All", "None"),
            "ttlSecondsAfterFinished": int,
            "activeDeadlineSeconds": int,
            "backoffLimit": int,
            "suspend": bool,
            "managedBy": str,
            "schedulingPolicy": dict,
        },
        "mpiReplicaSpecs": {
            role: {
                "replicas": int,
                "restartPolicy": ("Never", "OnFailure", "Always"),
                "template": dict,
            }
            for role in ("Launcher", "Worker")
        },
    },
}

# What pods and their containers must say, so that code that broke out of srdist could do little.
POD_SECURITY = {
    ("automountServiceAccountToken",): False,
    ("securityContext", "runAsNonRoot"): True,
    ("securityContext", "seccompProfile", "type"): "RuntimeDefault",
}
CONTAINER_SECURITY = {
    ("securityContext", "allowPrivilegeEscalation"): False,
    ("securityContext", "readOnlyRootFilesystem"): True,
    ("securityContext", "capabilities", "drop"): ["ALL"],
}
# What a container with a read-only root must still be able to write.
WRITABLE = ("/tmp", "/dev/shm")


def unknown_fields(value, schema, path):
    """What the schema does not know in `value`, one line each."""
    if isinstance(schema, dict):
        if not isinstance(value, dict):
            return [f"{path}: an object is expected, found {value!r}"]
        problems = []
        for key, inner in value.items():
            if key in schema:
                problems += unknown_fields(inner, schema[key], f"{path}.{key}")
            else:
                problems.append(f"{path}.{key}: no such field; there are {', '.join(schema)}")
        return problems
    if isinstance(schema, tuple):
        return [] if value in schema else [f"{path}: {value!r} is not one of {', '.join(schema)}"]
    if isinstance(value, schema) and not (schema is int and isinstance(value, bool)):
        return []
    return [f"{path}: {schema.__name__} is expected, found {value!r}"]


def core_problems(document, path):
    missing = [field for field in ("apiVersion", "kind") if field not in document]
    if missing:
        return [f"{path}: has no {' and no '.join(missing)}"]
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(str(part) for part in error.path)
        return [f"{path}.{where}: {error.message}"]
    return []


def lookup(node, keys):
    for key in keys:
        node = node.get(key) if isinstance(node, dict) else None
    return node


def security_problems(pod, path):
    found = [
        f"{path}.spec.{'.'.join(keys)}: {value!r} is expected, found {lookup(pod['spec'], keys)!r}"
        for keys, value in POD_SECURITY.items()
        if lookup(pod["spec"], keys) != value
    ]
    empty = {volume["name"] for volume in pod["spec"].get("volumes", []) if "emptyDir" in volume}
    for container in pod["spec"].get("containers", []):
        place = f"{path}.spec.{container.get('name')}"
        found += [
            f"{place}.{'.'.join(keys)}: {value!r} is expected, found {lookup(container, keys)!r}"
            for keys, value in CONTAINER_SECURITY.items()
            if lookup(container, keys) != value
        ]
        mounts = {mount.get("mountPath"): mount.get("name") for mount in container.get("volumeMounts", [])}
        found += [
            f"{place}.volumeMounts: an emptyDir at {folder} is expected, because the root is read-only"
            for folder in WRITABLE
            if mounts.get(folder) not in empty
        ]
    return found


def problems(document, path):
    if document.get("kind") != "MPIJob":
        return core_problems(document, path)
    found = unknown_fields(document, MPI_JOB, path)
    if document.get("apiVersion") != "kubeflow.org/v2beta1":
        found.append(f"{path}.apiVersion: kubeflow.org/v2beta1 is expected, found {document.get('apiVersion')!r}")
    for role in ("Launcher", "Worker"):
        replica = document.get("spec", {}).get("mpiReplicaSpecs", {}).get(role)
        if not isinstance(replica, dict) or "template" not in replica:
            found.append(f"{path}.spec.mpiReplicaSpecs.{role}.template: is required")
            continue
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": role.lower()}}
        pod.update(replica["template"])
        found += core_problems(pod, f"{path}.{role}.template") or security_problems(pod, f"{path}.{role}.template")
    return found


def loosened(document):
    """Copies of an MPIJob with one setting of security less each."""
    def without(node, keys):
        for key in keys[:-1]:
            node = node[key]
        del node[keys[-1]]

    for role, replica in document["spec"]["mpiReplicaSpecs"].items():
        place = ["spec", "mpiReplicaSpecs", role, "template", "spec"]
        spec = replica["template"]["spec"]
        paths = [list(keys) for keys in POD_SECURITY]
        for index, container in enumerate(spec["containers"]):
            paths += [["containers", index, *keys] for keys in CONTAINER_SECURITY]
            paths += [
                ["containers", index, "volumeMounts", number]
                for number, mount in enumerate(container["volumeMounts"])
                if mount["mountPath"] in WRITABLE
            ]
        for path in paths:
            changed = copy.deepcopy(document)
            without(changed, place + path)
            yield ".".join(map(str, place + path)), changed


def misspellings(document):
    """Copies of the document with one misspelt field each, for every field of every mapping in turn."""
    def walk(node, path):
        if isinstance(node, dict):
            for key, inner in node.items():
                yield path, key
                yield from walk(inner, path + [key])
        elif isinstance(node, list):
            for index, inner in enumerate(node):
                yield from walk(inner, path + [index])

    for path, key in walk(document, []):
        # Labels and resource names are free text.
        if any(part in ("matchLabels", "requests", "limits") for part in path):
            continue
        changed = copy.deepcopy(document)
        node = changed
        for part in path:
            node = node[part]
        node[key + "x"] = node.pop(key)
        yield ".".join(map(str, path + [key])), changed


def main(folder):
    documents = [
        (file.name, document)
        for file in sorted(pathlib.Path(folder).glob("*.yaml"))
        for document in yaml.safe_load_all(file.read_text())
    ]
    if not documents:
        sys.exit(f"{folder} holds no manifest")
    found = [problem for name, document in documents for problem in problems(document, name)]
    count = 0
    for name, document in documents:
        for field, changed in misspellings(document):
            count += 1
            if not problems(changed, name):
                found.append(f"{name}: the check did not find that {field} was misspelt")
    removed = 0
    for name, document in documents:
        if document.get("kind") != "MPIJob":
            continue
        for field, changed in loosened(document):
            removed += 1
            if not problems(changed, name):
                found.append(f"{name}: the check did not find that {field} was missing")
    for problem in found:
        print(problem, file=sys.stderr)
    print(f"{len(documents)} manifests, {len(found)} problems; {count} misspelt fields and {removed} missing settings tried")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main(sys.argv[1])
