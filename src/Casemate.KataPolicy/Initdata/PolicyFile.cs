using System.Collections.Immutable;
using System.Text.RegularExpressions;
using Casemate.KataPolicy.Manifests;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Initdata;

/// <summary>
/// Finds the policies in a file of any form they travel in: annotated manifests, initdata documents, initdata block devices, values of
/// annotations, Rego text.
/// </summary>
public static partial class PolicyFile
{
    private const int ShortestCutValue = 32;

    /// <summary>Reads a file. Never throws on what it holds.</summary>
    /// <param name="name">The file's name for messages.</param>
    /// <param name="content">The file's bytes.</param>
    /// <param name="policies">The policies; empty where there are none or something is wrong.</param>
    /// <returns>What is wrong; null after success, where at least one policy was found.</returns>
    public static string? TryRead(string name, ReadOnlySpan<byte> content, out ImmutableArray<CarriedPolicy> policies)
    {
        ArgumentNullException.ThrowIfNull(name);
        policies = [];
        if (content.Length > ManifestLimits.MaxFileBytes)
        {
            return $"{name} has more than {ManifestLimits.MaxFileBytes >> 20} MiB";
        }

        if (InitdataEncoding.IsBlockDevice(content))
        {
            return InitdataEncoding.TryFromBlockDevice(content, out var document, out var problem)
                ? ReadDocument(name, document, out policies)
                : $"{name}: {problem}";
        }

        if (InputReader.TextOf(content) is not { } text)
        {
            return $"{name} is neither text nor an initdata device";
        }

        if (InitdataDocument.TryRead(content, out var initdata, out var error))
        {
            policies = [Carried(name, initdata)];
            return null;
        }

        // A policy may stand in initdata that ends early, or that has another fault: what begins as initdata is not the policy's text.
        if (LooksLikeInitdata().IsMatch(text))
        {
            return $"{name}: the initdata is malformed: {error}";
        }

        if (PackageLine().IsMatch(text))
        {
            policies = [new CarriedPolicy(name, null, text, IsAgentPolicy: true)];
            return null;
        }

        var trimmed = text.Trim();
        return IsValue(trimmed) ? ReadValue(name, trimmed, null, out policies) : ReadManifest(name, content, out policies);
    }

    // What is left of a value is told from a word by its length.
    private static bool IsValue(string text)
    {
        if (text.Length == 0 || System.Buffers.Text.Base64.IsValid(text))
        {
            return text.Length > 0;
        }

        var letters = string.Concat(text.Where(letter => !char.IsWhiteSpace(letter)));
        return letters.Length >= ShortestCutValue && InitdataEncoding.IsCutBase64(letters);
    }

    private static string? ReadValue(string origin, string value, string? annotation, out ImmutableArray<CarriedPolicy> policies)
    {
        policies = [];
        if (InitdataEncoding.TryFromAnnotation(value, out var bytes, out var error))
        {
            return ReadDocument(origin, bytes, out policies);
        }

        // The runtime takes nothing but initdata from this annotation.
        if (annotation is PolicyAnnotation.Initdata)
        {
            return $"{origin}: the initdata in {annotation} cannot be read: {error}";
        }

        if (!System.Buffers.Text.Base64.IsValid(value))
        {
            return $"{origin}: the value of {annotation ?? "an annotation"} cannot be read: {error}";
        }

        var text = InputReader.TextOf(Convert.FromBase64String(value));
        if (text is null || !PackageLine().IsMatch(text))
        {
            return $"{origin}: base64 of neither initdata ({error}) nor a policy";
        }

        policies = [new CarriedPolicy(origin, null, text, IsAgentPolicy: true)];
        return null;
    }

    private static string? ReadDocument(string origin, byte[] bytes, out ImmutableArray<CarriedPolicy> policies)
    {
        policies = [];
        if (!InitdataDocument.TryRead(bytes, out var document, out var error))
        {
            return $"{origin}: the initdata is malformed: {error}";
        }

        policies = [Carried(origin, document)];
        return null;
    }

    private static CarriedPolicy Carried(string origin, InitdataDocument document) =>
        new(origin, document, document.Data.GetValueOrDefault(InitdataDocument.PolicyName), IsAgentPolicy: false);

    // Fields nobody knows do not matter here: the policy is in the annotations.
    private static string? ReadManifest(string name, ReadOnlySpan<byte> content, out ImmutableArray<CarriedPolicy> policies)
    {
        policies = [];
        var file = ManifestFile.Read(name, content, ManifestOptions.Default with { IgnoreUnknownFields = true });
        if (file.DocumentCount == 0 && file.Findings.FirstOrDefault(finding => finding.Severity is FindingSeverity.Error) is { } wrong)
        {
            return $"{wrong.Location}: {wrong.Message}";
        }

        var found = ImmutableArray.CreateBuilder<CarriedPolicy>();
        foreach (var workload in file.Workloads)
        {
            foreach (var annotation in workload.PolicyAnnotations)
            {
                var origin = $"{file.Locate(workload, annotation.Path)} {workload.Kind} {workload.Name ?? workload.GenerateName}";
                if (ReadValue(origin, annotation.Value, annotation.Name, out var carried) is { } problem)
                {
                    return problem;
                }

                found.AddRange(carried.Select(policy => policy with
                {
                    Workload = $"{workload.Kind}/{workload.Name ?? workload.GenerateName}",
                    Namespace = workload.Namespace,
                }));
            }
        }

        policies = found.ToImmutable();
        return found.Count > 0 ? null : $"{name} carries no policy: no workload in it has an annotation of one";
    }

    [GeneratedRegex(@"^\s*package\s+agent_policy\s*(#.*)?$", RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex PackageLine();

    // The first line that says something. Modules begin with their package, and in YAML no key ends with '='.
    [GeneratedRegex(
        @"\A\uFEFF?(?:[ \t]*(?:#[^\n]*)?\r?\n)*[ \t]*(?:(['""]?)(?:algorithm|version)\1[ \t]*=|\[[ \t]*data[ \t]*\][ \t]*(?:#.*)?\r?$)",
        RegexOptions.Multiline | RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeInitdata();
}
