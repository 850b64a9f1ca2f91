using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>Reads an object that makes pods, down to its pod template.</summary>
internal static partial class WorkloadReader
{
    public static Workload Read(ReadScope scope, ManifestNode node, string path, WorkloadKind kind, int document)
    {
        var fields = FieldSet.Of(scope, node, path, node);
        var apiVersion = fields.Text("apiVersion") ?? "";
        fields.Skip("kind", "status");
        var metadata = ReadMetadata(fields);
        var name = ReadName(metadata, "name");
        var generateName = name is null ? ReadName(metadata, "generateName") : null;
        if (metadata.IsUnset("name") && metadata.IsUnset("generateName"))
        {
            metadata.Missing("name", $"the {kind.Kind} has no name", "Write metadata.name or metadata.generateName.");
        }

        var spec = fields.Object("spec");
        var (template, pod) = ReadTemplate(metadata, spec, kind);
        fields.End(UnknownFields.Warn);
        var (annotations, policies, bytes) = ReadAnnotations(template);
        return new Workload
        {
            Path = path,
            Document = document,
            Location = scope.Locate(node),
            ApiVersion = apiVersion,
            Kind = kind.Kind,
            Name = name,
            GenerateName = generateName,
            Namespace = metadata.Text("namespace") is { Length: > 0 } space ? space : null,
            PodNamePattern = PodNamePattern.Of(kind.Kind, name, generateName),
            Annotations = annotations,
            PolicyAnnotations = policies,
            AnnotationBytes = bytes,
            Labels = template.TextMap("labels"),
            PodMetadataPath = template.Path,
            Pod = pod,
        };
    }

    // Fields of metadata never reach the guest but for labels and annotations.
    public static FieldSet ReadMetadata(FieldSet owner)
    {
        var metadata = owner.Object("metadata");
        metadata.Skip(
            "name", "generateName", "namespace", "labels", "annotations", "uid", "resourceVersion", "generation", "creationTimestamp",
            "deletionTimestamp", "deletionGracePeriodSeconds", "ownerReferences", "finalizers", "managedFields", "selfLink")
            .End(UnknownFields.Warn);
        return metadata;
    }

    private static (FieldSet Metadata, PodSpec Pod) ReadTemplate(FieldSet owning, FieldSet spec, WorkloadKind kind)
    {
        if (kind.TemplatePath.Length == 0)
        {
            return (owning, PodReader.Read(spec));
        }

        var owner = spec;
        if (kind.Kind is "CronJob")
        {
            var job = spec.Object("jobTemplate");
            ReadMetadata(job);
            owner = job.Object("spec");
            job.End(UnknownFields.Warn);
        }

        var template = owner.Object("template");
        var metadata = ReadMetadata(template);
        var pod = PodReader.Read(template.Object("spec"));
        template.Skip("apiVersion", "kind").End(UnknownFields.Warn);
        pod = kind.Kind is "StatefulSet" ? AddClaims(spec, pod) : pod;
        if (kind.Kind is "CronJob")
        {
            owner.Skip(WorkloadKind.JobFields).End(UnknownFields.Warn);
        }

        spec.Skip(kind.SpecFields).End(UnknownFields.Warn);
        return (metadata, pod);
    }

    // The controller puts a volume for each claim template into the pod, over one of the same name.
    private static PodSpec AddClaims(FieldSet spec, PodSpec pod)
    {
        var claims = spec.Objects("volumeClaimTemplates").Select(claim =>
        {
            var metadata = ReadMetadata(claim);
            var name = metadata.RequiredText("name");
            var isBlock = claim.Object("spec").Text("volumeMode") is "Block";
            claim.Skip("apiVersion", "kind", "status").End(UnknownFields.Warn);
            return new Volume(claim.Path, name, new PersistentVolumeClaimVolume(name, ReadOnly: false, IsTemplate: true, isBlock));
        }).ToList();
        return pod with
        {
            Volumes = [.. pod.Volumes.Where(volume => claims.All(claim => claim.Name != volume.Name)), .. claims],
        };
    }

    private static string? ReadName(FieldSet metadata, string field)
    {
        if (metadata.Text(field) is not { Length: > 0 } name)
        {
            return null;
        }

        if (name.Length <= 253 && Subdomain().IsMatch(field is "generateName" ? name + "x" : name))
        {
            return name;
        }

        metadata.Scope.Error(
            metadata.NodeOf(field), metadata.PathOf(field), $"'{ShownText.Of(name)}' is no name that Kubernetes takes",
            "Write lower-case letters, digits, '-' and '.', at most 253 of them.");
        return null;
    }

    private static (ImmutableArray<NamedValue> Annotations, ImmutableArray<NamedValue> Policies, int Bytes) ReadAnnotations(FieldSet metadata)
    {
        var all = metadata.TextMap("annotations");
        var others = all.Where(annotation => !PolicyAnnotation.IsPolicy(annotation.Name)).ToImmutableArray();
        return (others, [.. all.Where(annotation => PolicyAnnotation.IsPolicy(annotation.Name))],
            others.Sum(annotation => PolicyAnnotation.Size(annotation.Name, annotation.Value)));
    }

    [GeneratedRegex(@"^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Subdomain();
}
