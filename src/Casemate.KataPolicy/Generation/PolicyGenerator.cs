using System.Collections.Immutable;
using System.Text;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;
using Casemate.Oci;

namespace Casemate.KataPolicy.Generation;

/// <summary>From files of manifests to the same files with policies in their annotations.</summary>
public static class PolicyGenerator
{
    /// <summary>
    /// Makes a policy for every workload of the files. Where anything is wrong, the findings say so and no content is made for the file
    /// concerned: a half-written file is worse than none.
    /// </summary>
    /// <param name="files">The files with workloads.</param>
    /// <param name="inputs">Files with ConfigMaps and Secrets alone; those in <paramref name="files"/> count too.</param>
    /// <param name="source">What makes a policy for a pod.</param>
    /// <param name="options">How to pack and write.</param>
    /// <param name="cancel">Ends the work.</param>
    public static async Task<GenerationResult> GenerateAsync(
        IReadOnlyList<ManifestFile> files, IReadOnlyList<ManifestFile> inputs, IPodPolicySource source, GenerationOptions options,
        CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(files);
        ArgumentNullException.ThrowIfNull(inputs);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        var findings = new List<PolicyFinding>(files.Concat(inputs).SelectMany(file => file.Findings));
        var podInputs = new PodInputs
        {
            ConfigMaps = [.. files.Concat(inputs).SelectMany(file => file.ConfigMaps)],
            Secrets = [.. files.Concat(inputs).SelectMany(file => file.Secrets)],
        };
        var generated = new List<GeneratedFile>();
        OciError? failure = null;
        var isBroken = files.Concat(inputs).Any(HasErrors);
        foreach (var file in files)
        {
            if (HasErrors(file))
            {
                generated.Add(new GeneratedFile(file, [], null));
                continue;
            }

            var workloads = new List<GeneratedWorkload>();
            foreach (var workload in file.Workloads)
            {
                // What it refers to may stand where reading failed: the error there is the one to mend.
                if (isBroken && RefersToMissing(workload, podInputs))
                {
                    continue;
                }

                var policy = await source.MakeAsync(workload, podInputs, cancel);
                failure ??= policy.RegistryFailure;
                findings.AddRange(policy.Findings.Select(finding => file.Place(workload, finding)));
                if (policy.Text is not null && Pack(file, workload, policy, options, findings) is { } packed)
                {
                    workloads.Add(packed);
                }
            }

            generated.Add(Write(file, workloads, options, findings));
        }

        return new GenerationResult([.. generated], [.. findings]) { RegistryFailure = failure };
    }

    private static bool HasErrors(ManifestFile file) => file.Findings.Any(finding => finding.Severity is FindingSeverity.Error);

    private static bool RefersToMissing(Workload workload, PodInputs inputs) => workload.Pod.AllContainers.Any(container =>
        container.EnvFrom.Any(from => from.IsSecret
            ? inputs.FindSecret(from.Name, workload.Namespace) is null
            : inputs.FindConfigMap(from.Name, workload.Namespace) is null)
        || container.Env.Any(variable => variable.Source switch
        {
            ConfigMapKeyEnv key => inputs.FindConfigMap(key.ConfigMap, workload.Namespace) is null,
            SecretKeyEnv key => inputs.FindSecret(key.Secret, workload.Namespace) is null,
            _ => false,
        }));

    private static GeneratedFile Write(
        ManifestFile file, List<GeneratedWorkload> workloads, GenerationOptions options, List<PolicyFinding> findings)
    {
        if (workloads.Count != file.Workloads.Length)
        {
            return new GeneratedFile(file, [.. workloads], null);
        }

        var rewrite = file.Rewrite([.. workloads.Select(workload => new WorkloadEdit
        {
            Workload = workload.Workload,
            Annotations = workload.Annotations,
            Images = options.LockDigests
                ? [.. workload.Images.Where(image => image.Written != image.Locked)
                    .Select(image => KeyValuePair.Create(image.ContainerPath, image.Locked))]
                : [],
        })]);
        findings.AddRange(rewrite.Findings);
        return new GeneratedFile(file, [.. workloads], rewrite.Content);
    }

    private static GeneratedWorkload? Pack(
        ManifestFile file, Workload workload, PodPolicy policy, GenerationOptions options, List<PolicyFinding> findings)
    {
        if (BaseOf(file, workload, options, findings) is not { } data)
        {
            return null;
        }

        var initdata = InitdataDocument.Create(data.Algorithm, data.Entries.SetItem(InitdataDocument.PolicyName, policy.Text!));
        var annotations = new List<KeyValuePair<string, string>>();
        if (options.WriteInitdata)
        {
            annotations.Add(new(PolicyAnnotation.Initdata, InitdataEncoding.ToAnnotation(initdata)));
        }

        if (options.WriteAgentPolicy)
        {
            annotations.Add(new(PolicyAnnotation.AgentPolicy, Convert.ToBase64String(Encoding.UTF8.GetBytes(policy.Text!))));
        }

        if (options.LockDigests)
        {
            annotations.AddRange(policy.Images
                .Where(image => image.Written != image.Locked && workload.Annotations.All(a => a.Name != TagAnnotation(image)))
                .Select(image => KeyValuePair.Create(TagAnnotation(image), image.Written)));
        }

        CheckSize(file, workload, annotations, findings);
        findings.AddRange(LimitFindings.Of(workload, policy.Text!).Select(finding => file.Place(workload, finding)));
        return new GeneratedWorkload
        {
            Workload = workload,
            Policy = policy.Text!,
            Initdata = initdata,
            Images = policy.Images,
            Annotations = [.. annotations],
        };
    }

    /// <summary>The annotation that keeps a container's image reference as it was written.</summary>
    internal static string TagAnnotation(BoundImage image) => PolicyAnnotation.ImageTagPrefix + image.Container;

    private static (string Algorithm, ImmutableSortedDictionary<string, string> Entries)? BaseOf(
        ManifestFile file, Workload workload, GenerationOptions options, List<PolicyFinding> findings)
    {
        var document = options.Initdata;
        if (document is null && workload.PolicyAnnotations.FirstOrDefault(old => old.Name is PolicyAnnotation.Initdata) is { } old)
        {
            if (!InitdataEncoding.TryFromAnnotation(old.Value, out var bytes, out var error)
                || !InitdataDocument.TryRead(bytes, out document, out error))
            {
                findings.Add(file.Place(workload, PolicyFinding.Error(
                    old.Path, $"the initdata that stands here cannot be read: {error}", "Remove the annotation, or give initdata with --initdata.")));
                return null;
            }

            if (document.Data.Keys.Where(name => name != InitdataDocument.PolicyName).ToList() is { Count: > 0 } kept)
            {
                findings.Add(file.Place(workload, PolicyFinding.Note(
                    old.Path, $"kept from the initdata that stands here: {string.Join(", ", kept.Select(ShownText.Of))}")));
            }
        }

        return (options.Algorithm ?? document?.Algorithm ?? InitdataDocument.DefaultAlgorithm,
            document?.Data ?? ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal));
    }

    private static void CheckSize(
        ManifestFile file, Workload workload, List<KeyValuePair<string, string>> annotations, List<PolicyFinding> findings)
    {
        var ours = annotations.Sum(annotation => PolicyAnnotation.Size(annotation.Key, annotation.Value));
        var total = workload.AnnotationBytes + ours;
        if (total <= ManifestLimits.MaxAnnotationBytes)
        {
            return;
        }

        var parts = string.Join(", ", annotations.Select(annotation => $"{annotation.Key} {PolicyAnnotation.Size(annotation.Key, annotation.Value)}"));
        findings.Add(file.Place(workload, PolicyFinding.Error(
            workload.PodMetadataPath, $"the pod's annotations would have {total} bytes, and Kubernetes takes {ManifestLimits.MaxAnnotationBytes}: "
                + $"{parts}, others {workload.AnnotationBytes}",
            "Write one form of the policy (--format initdata), shorten the other annotations, or split the pod.")));
    }
}
