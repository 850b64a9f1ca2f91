"""Makes one schema file beside it of Go sources of Kubernetes: make.py MINOR DIRECTORY. See README.md."""
import json
import pathlib
import re
import sys

import yaml

KINDS = """
admissionregistration.v1: MutatingWebhookConfiguration ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding ValidatingWebhookConfiguration
apps.v1: DaemonSet Deployment ReplicaSet StatefulSet
batch.v1: CronJob Job
coordination.v1: Lease
core.v1: ConfigMap Namespace Node PersistentVolumeClaim Pod ResourceQuota Secret Service ServiceAccount
discovery.v1: EndpointSlice
events.v1: Event
networking.v1: NetworkPolicy
node.v1: RuntimeClass
policy.v1: PodDisruptionBudget
rbac.v1: ClusterRole ClusterRoleBinding Role RoleBinding
resource.v1: DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice
scheduling.v1: PriorityClass
"""
WORDS = {
    "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
    "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1": "any",
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "string",
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "string",
    "io.k8s.apimachinery.pkg.runtime.RawExtension": "any",
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "integer or string",
}
SCALARS = {"string": "string", "boolean": "boolean", "numeric": "integer"}
GO_ALIAS = re.compile(r'^\s*(\w+)\s+"k8s\.io/(\S+)"$', re.M)
GO_TYPE = re.compile(r'^((?://.*\n)*)type (\w+) (struct \{\n([\s\S]*?)^\}|\w+$)', re.M)
GO_FIELD = re.compile(r'^((?:\t//.*\n|\n)*)\t(?:(\w+) +)?(\S+) +`json:"([^"]*)"', re.M)
GO_CONSTANT = re.compile(r'^\s*(?:const )?\w+ +(\w+) += +"([^"]*)"', re.M)


class GoSource:
    """What the types of the Go packages say beyond the schema: which fields must be there, and which words a field may hold."""

    def __init__(self, root):
        self.structs, self.enums = {}, {}
        for path in sorted([*root.glob("k8s.io/api/*/*/types.go"), root / "k8s.io/apimachinery/pkg/apis/meta/v1/types.go"]):
            text, package = path.read_text(), self.package(str(path.parent.relative_to(root / "k8s.io")))
            aliases = {alias: self.package(of) for alias, of in GO_ALIAS.findall(text)}
            words = {}
            for name, word in GO_CONSTANT.findall(text):
                words.setdefault(name, []).append(word)
            for comment, name, body, fields in GO_TYPE.findall(text):
                if body == "string" and re.search(r"^// \+enum$", comment, re.M) and name in words:
                    self.enums[f"{package}.{name}"] = sorted(words[name])
                elif fields:
                    self.structs[f"{package}.{name}"] = [
                        (notes, self.named(package, aliases, kind), json_name.split(","))
                        for notes, _, kind, json_name in GO_FIELD.findall(fields)]

    @staticmethod
    def package(path):
        return "io.k8s." + path.replace("/", ".")

    @staticmethod
    def named(package, aliases, kind):
        kind = re.sub(r"^(\*|\[\]|map\[\w+\])+", "", kind)
        alias, dot, name = kind.rpartition(".")
        return f"{aliases.get(alias, alias) if dot else package}.{name}"

    def fields(self, name):
        for notes, kind, (json_name, *options) in self.structs.get(name, []):
            if "inline" in options:
                yield from self.fields(kind)
            else:
                tags = set(re.findall(r"^\t// \+(\w+)", notes, re.M))
                is_optional = "optional" in tags or ("required" not in tags and bool({"omitempty", "omitzero"} & set(options)))
                yield json_name, kind, not is_optional


def schema_types(root):
    text = (root / "k8s.io/client-go/applyconfigurations/internal/internal.go").read_text()
    return {entry["name"]: entry for entry in yaml.safe_load(re.search(r"typed\.YAMLObject\(`(.*?)`\)", text, re.S)[1])["types"]}


class Compact:
    """The types that the kinds reach, in the form that README.md describes."""

    def __init__(self, types, source):
        self.types, self.source, self.out = types, source, {}

    def named(self, name):
        if name in WORDS:
            return WORDS[name]
        entry = self.types[name]["map"]
        if "fields" not in entry:
            return "any"
        if name not in self.out:
            self.out[name] = None
            self.out[name] = self.fields(name, entry)
        return name

    def fields(self, name, entry):
        go = {json_name: (kind, is_required) for json_name, kind, is_required in self.source.fields(name)}
        fields, defaults = {}, {}
        for field in entry["fields"]:
            kind = self.expression(field["type"])
            fields[field["name"]] = self.with_words(kind, go.get(field["name"], (None,))[0])
            if isinstance(field.get("default"), str) and field["default"]:
                defaults[field["name"]] = field["default"]
        made = {"fields": dict(sorted(fields.items()))}
        if required := sorted(field for field, (_, is_required) in go.items() if is_required and field in fields):
            made["required"] = required
        if defaults:
            made["defaults"] = defaults
        return made

    def with_words(self, kind, go_kind):
        words = self.source.enums.get(go_kind)
        if not words:
            return kind
        return {"enum": words} if kind == "string" else {**kind, "list": {"enum": words}} if kind.get("list") == "string" else kind

    def expression(self, kind):
        if "namedType" in kind:
            return self.named(kind["namedType"])
        if "list" in kind and "map" in kind:
            return "any"
        if "list" in kind:
            made = {"list": self.expression(kind["list"]["elementType"])}
            if kind["list"]["elementRelationship"] == "associative":
                made["keys"] = kind["list"].get("keys", [])
            return made
        if "map" in kind:
            return {"map": self.expression(kind["map"]["elementType"])}
        return SCALARS[kind["scalar"]]


def main(minor, directory):
    root = pathlib.Path(directory)
    types = schema_types(root)
    compact = Compact(types, GoSource(root))
    for line in KINDS.strip().splitlines():
        group, kinds = line.split(": ")
        for kind in kinds.split():
            if f"io.k8s.api.{group}.{kind}" in types:
                compact.named(f"io.k8s.api.{group}.{kind}")
    lines = [f"{json.dumps(name)}: {json.dumps(kind, separators=(',', ':'))}" for name, kind in sorted(compact.out.items())]
    (pathlib.Path(__file__).parent / f"v{minor}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


main(*sys.argv[1:])
