using System.Collections.Immutable;
using System.Text;
using Casemate.KataPolicy.Pods;
using Casemate.Primitives.Text;

namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// A file of Kubernetes documents in YAML or JSON: its workloads, ConfigMaps and Secrets, everything that is wrong with it, and its text,
/// into which annotations can be written without touching anything else.
/// </summary>
public sealed class ManifestFile
{
    private readonly List<ManifestNode?> _documents;

    private ManifestFile(string name, string text, bool hasMark, List<ManifestNode?> documents)
    {
        (Name, Text, HasMark, _documents) = (name, text, hasMark, documents);
    }

    /// <summary>The file's name as given.</summary>
    public string Name { get; }

    /// <summary>How many documents it has, empty ones included.</summary>
    public int DocumentCount => _documents.Count;

    /// <summary>The workloads that get a policy, in order.</summary>
    public ImmutableArray<Workload> Workloads { get; private set; } = [];

    /// <summary>How many documents or List items pass through as they are: other kinds, and workloads that were not selected.</summary>
    public int PassedThrough { get; private set; }

    /// <summary>The ConfigMaps in order.</summary>
    public ImmutableArray<ConfigMapData> ConfigMaps { get; private set; } = [];

    /// <summary>The Secrets in order.</summary>
    public ImmutableArray<SecretData> Secrets { get; private set; } = [];

    /// <summary>What was noticed while reading, with places. With an error among them, no policy should be made.</summary>
    public ImmutableArray<PolicyFinding> Findings { get; private set; } = [];

    internal string Text { get; }

    internal bool HasMark { get; }

    internal IReadOnlyList<ManifestNode?> Documents => _documents;

    /// <summary>Reads a file. Never throws on what it holds: problems are <see cref="Findings"/>.</summary>
    /// <param name="name">The file's name for messages.</param>
    /// <param name="content">The file's bytes: UTF-8, with or without byte order mark.</param>
    /// <param name="options">How to read.</param>
    public static ManifestFile Read(string name, ReadOnlySpan<byte> content, ManifestOptions options)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(options);
        var scope = new ReadScope(name, options.IgnoreUnknownFields);
        if (content.Length > ManifestLimits.MaxFileBytes)
        {
            return Refused(scope, $"the file has {content.Length} bytes, more than {ManifestLimits.MaxFileBytes >> 20} MiB", "Split it.");
        }

        var hasMark = content.StartsWith("\uFEFF"u8);
        string text;
        try
        {
            text = StrictUtf8.GetString(hasMark ? content[3..] : content);
        }
        catch (DecoderFallbackException)
        {
            return Refused(scope, "the file is not UTF-8", "Save it as UTF-8.");
        }

        List<ManifestNode?> documents;
        try
        {
            documents = ManifestParser.Parse(text);
        }
        catch (ManifestSyntaxException e)
        {
            scope.Add(e.ToFinding(name));
            return new ManifestFile(name, text, hasMark, []) { Findings = scope.Findings };
        }

        var file = new ManifestFile(name, text, hasMark, documents);
        file.ReadDocuments(scope, options);
        return file;
    }

    /// <summary>The place of a path in a workload's document; the nearest place that exists.</summary>
    /// <param name="workload">A workload of this file.</param>
    /// <param name="path">A path as records carry it.</param>
    public SourceLocation Locate(Workload workload, string path)
    {
        ArgumentNullException.ThrowIfNull(workload);
        ArgumentNullException.ThrowIfNull(path);
        if (workload.Document >= _documents.Count || _documents[workload.Document] is not { } root)
        {
            return new SourceLocation(Name, 1, 1);
        }

        var node = ManifestPath.Nearest(root, path);
        return new SourceLocation(Name, Math.Max(1, node.Line), Math.Max(1, node.Column));
    }

    /// <summary>A finding about a workload, with its place filled in.</summary>
    /// <param name="workload">A workload of this file.</param>
    /// <param name="finding">The finding of a derivation.</param>
    public PolicyFinding Place(Workload workload, PolicyFinding finding)
    {
        ArgumentNullException.ThrowIfNull(finding);
        return finding.Location is null ? finding with { Location = Locate(workload, finding.Path) } : finding;
    }

    /// <summary>Writes annotations and image references into the text; everything else stays byte for byte.</summary>
    /// <param name="edits">What to write, at most one edit a workload of this file.</param>
    public ManifestRewrite Rewrite(IReadOnlyCollection<WorkloadEdit> edits)
    {
        ArgumentNullException.ThrowIfNull(edits);
        return ManifestRewriter.Rewrite(this, edits);
    }

    private static ManifestFile Refused(ReadScope scope, string problem, string remedy)
    {
        scope.Add(PolicyFinding.Error("", problem, remedy) with { Location = new SourceLocation(scope.File, 1, 1) });
        return new ManifestFile(scope.File, "", false, []) { Findings = scope.Findings };
    }

    private void ReadDocuments(ReadScope scope, ManifestOptions options)
    {
        var reader = new DocumentReader(scope, options);
        for (var i = 0; i < _documents.Count; i++)
        {
            if (_documents[i] is { } root)
            {
                reader.Read(root, i);
            }
        }

        Workloads = [.. reader.Workloads];
        ConfigMaps = [.. reader.ConfigMaps];
        Secrets = [.. reader.Secrets];
        PassedThrough = reader.PassedThrough;
        Findings = scope.Findings;
    }
}
