using System.Text;
using System.Text.Json;
using Casemate.Cli.Image;
using Casemate.Cli.Output;
using Casemate.KataPolicy.Generation;
using Casemate.KataPolicy.Initdata;
using Casemate.KataPolicy.Pods;
using Casemate.KataPolicy.Settings;

namespace Casemate.Cli.Policy;

/// <summary>What was generated, for people and programs.</summary>
internal static class GenerationReport
{
    /// <summary>A few lines a workload; values that people copy are never wrapped.</summary>
    public static void WriteText(ConsoleOutput console, GenerationResult result, RuntimeProfile profile)
    {
        foreach (var (file, workload) in result.Files.SelectMany(file => file.Workloads.Select(workload => (file, workload))))
        {
            console.Out.WriteLine(
                $"{ErrorText.OneLine(file.File.Name)}: {console.Paint(Tone.Strong, NameOf(workload.Workload))}: "
                + $"{workload.Workload.Pod.AllContainers.Count()} containers, "
                + $"policy {ByteCount.Text(Encoding.UTF8.GetByteCount(workload.Policy))}, "
                + $"annotations {ByteCount.Text(workload.Annotations.Sum(annotation => annotation.Value.Length))}");
            foreach (var field in FieldsOf(workload, profile))
            {
                BoundFields.Write(console, field);
            }
        }
    }

    // What the guests of the profile report; every platform's value where the profile says nothing of the machine.
    private static IEnumerable<BoundField> FieldsOf(GeneratedWorkload workload, RuntimeProfile profile)
    {
        if (workload.Annotations.All(annotation => annotation.Key != KataPolicy.Manifests.PolicyAnnotation.Initdata))
        {
            return [workload.AgentPolicyField];
        }

        var target = profile.Name == BuiltInProfiles.KataSnp.Name || profile.Name == BuiltInProfiles.Aks.Name ? "snp"
            : profile.Name == BuiltInProfiles.KataTdx.Name ? "tdx"
            : null;
        return workload.Fields.Where(field => target is null || field.Target == target);
    }

    /// <summary>Everything, as the members of a JSON object.</summary>
    /// <param name="json">The writer, within an object.</param>
    /// <param name="result">What was generated.</param>
    /// <param name="before">What was noticed before, which stands first among the findings.</param>
    public static void Write(Utf8JsonWriter json, GenerationResult result, IEnumerable<PolicyFinding> before)
    {
        json.WriteString("apiVersion", Primitives.ApiVersion.V1);
        json.WriteStartArray("workloads");
        foreach (var (file, workload) in result.Files.SelectMany(file => file.Workloads.Select(workload => (file, workload))))
        {
            json.WriteStartObject();
            Write(json, file, workload);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("files");
        foreach (var file in result.Files)
        {
            json.WriteStartObject();
            json.WriteString("file", file.File.Name);
            json.WriteNumber("passedThrough", file.File.PassedThrough);
            json.WriteString("content", Encoding.UTF8.GetString(file.Content!));
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartArray("findings");
        foreach (var finding in before.Concat(result.Findings))
        {
            Write(json, finding);
        }

        json.WriteEndArray();
    }

    /// <summary>The same where no policy was made: what was found, and why that was the end.</summary>
    public static void WriteRefused(Utf8JsonWriter json, IEnumerable<PolicyFinding> findings, string problem)
    {
        json.WriteString("apiVersion", Primitives.ApiVersion.V1);
        json.WriteString("error", problem);
        foreach (var name in new[] { "workloads", "files" })
        {
            json.WriteStartArray(name);
            json.WriteEndArray();
        }

        json.WriteStartArray("findings");
        foreach (var finding in findings)
        {
            Write(json, finding);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, GeneratedFile file, GeneratedWorkload workload)
    {
        json.WriteString("file", file.File.Name);
        json.WriteString("kind", workload.Workload.Kind);
        json.WriteString("name", workload.Workload.Name);
        json.WriteString("generateName", workload.Workload.GenerateName);
        json.WriteString("namespace", workload.Workload.Namespace);
        json.WriteString("podNames", workload.Workload.PodNamePattern);
        json.WriteString("policy", workload.Policy);
        json.WriteString("policySha256", workload.AgentPolicyField.Hex);
        json.WriteStartObject("initdata");
        json.WriteString("algorithm", workload.Initdata.Algorithm);
        json.WriteString("digest", Convert.ToHexStringLower(workload.Initdata.Digest.AsSpan()));
        json.WriteString("document", workload.Initdata.Text);
        json.WriteString("annotation", InitdataEncoding.ToAnnotation(workload.Initdata));
        json.WriteEndObject();
        BoundFields.Write(json, workload.Fields);
        json.WriteStartObject("annotations");
        foreach (var (name, value) in workload.Annotations)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
        json.WriteStartArray("images");
        foreach (var image in workload.Images)
        {
            Write(json, image);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, BoundImage image)
    {
        json.WriteStartObject();
        json.WriteString("container", image.Container);
        json.WriteString("image", image.Written);
        json.WriteString("bound", image.Locked);
        json.WriteString("manifestDigest", image.ManifestDigest);
        json.WriteStartArray("layers");
        foreach (var layer in image.Layers)
        {
            json.WriteStartObject();
            json.WriteString("chainId", layer.Id);
            json.WriteString("rootHash", layer.RootHash);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, PolicyFinding finding)
    {
        json.WriteStartObject();
        json.WriteString("severity", finding.Severity.ToString().ToLowerInvariant());
        json.WriteString("file", finding.Location?.File);
        json.WriteNumber("line", finding.Location?.Line ?? 0);
        json.WriteNumber("column", finding.Location?.Column ?? 0);
        json.WriteString("path", finding.Path);
        json.WriteString("message", finding.Message);
        json.WriteString("remedy", finding.Remedy);
        json.WriteEndObject();
    }

    private static string NameOf(Workload workload) => $"{workload.Kind} {workload.Name ?? workload.GenerateName + "…"}";
}
