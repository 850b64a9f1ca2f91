using System.Text;
using System.Text.Json;
using Casemate.Admission;
using Casemate.KataPolicy.Manifests;
using Casemate.Primitives.Text;

namespace Casemate.Cli.Lint;

/// <summary>A file that was looked at: what is wrong with what it says, and why it says nothing.</summary>
internal sealed class LintedFile
{
    private readonly List<(int Start, int End, int Line)> _parts = [];

    private LintedFile(string name, LintKind kind, byte[] content) => (Name, Kind, Content) = (name, kind, content);

    /// <summary>The file's name as messages have it.</summary>
    public string Name { get; }

    public LintKind Kind { get; }

    public byte[] Content { get; }

    /// <summary>Whether it begins with a byte order mark.</summary>
    public bool HasMark => Content.AsSpan().StartsWith("\uFEFF"u8);

    /// <summary>The text without byte order mark; empty when it is none.</summary>
    public string Text { get; private set; } = "";

    /// <summary>Why it cannot be read as what it is, with its place; null when it can.</summary>
    public string? Problem { get; private set; }

    /// <summary>The findings in the order of the file.</summary>
    public IReadOnlyList<PlacedFinding> Findings { get; private set; } = [];

    /// <summary>Parts of the text with documents; that of a manifest is all of it.</summary>
    public IReadOnlyList<(int Start, int End, int Line)> Parts => _parts;

    /// <summary>A file that could not be opened.</summary>
    public static LintedFile Unreadable(string name, string problem) => new(name, LintKind.Text, []) { Problem = problem };

    /// <summary>Looks at a file.</summary>
    public static LintedFile Read(string name, LintKind kind, byte[] content, ClusterFacts cluster)
    {
        var file = new LintedFile(name, kind, content);
        try
        {
            file.Text = StrictUtf8.GetString(content.AsSpan(file.HasMark ? 3 : 0));
        }
        catch (DecoderFallbackException)
        {
            file.Problem = $"{name}:1:1: the file is not UTF-8 text";
            return file;
        }

        if (file.Text.Contains('\0', StringComparison.Ordinal))
        {
            file.Problem = $"{name}:1:1: the file is no text: it has a zero byte";
            return file;
        }

        var found = kind is LintKind.Manifest ? file.CheckManifest(cluster) : file.CheckText(cluster);
        file.Findings =
        [
            .. found.OrderBy(finding => finding.Line).ThenBy(finding => finding.Column)
                .ThenBy(finding => finding.Finding.Rule, StringComparer.Ordinal),
        ];
        return file;
    }

    private List<PlacedFinding> CheckManifest(ClusterFacts cluster)
    {
        if (!ManifestDocument.TryReadAll(Name, Encoding.UTF8.GetBytes(Text), out var documents, out var problem))
        {
            // What is broken may still be recognised.
            Problem = $"{problem!.Location}: {problem.Message}{(problem.Remedy.Length > 0 ? ". " + problem.Remedy : "")}";
            return [.. GuideText.Check(Text).Select(Placed)];
        }

        _parts.Add((0, Text.Length, 0));
        return [.. Check(documents, 0, 0, cluster), .. GuideText.CheckManifest(Text).Select(Placed)];
    }

    private List<PlacedFinding> CheckText(ClusterFacts cluster)
    {
        var findings = new List<PlacedFinding>();
        var rest = new StringBuilder(Text);
        foreach (var block in MarkdownBlocks.Find(Text))
        {
            if (ManifestDocument.TryReadAll(Name, Encoding.UTF8.GetBytes(Text[block.Start..block.End]), out var documents, out _)
                && documents.Count > 0)
            {
                findings.AddRange(Check(documents, _parts.Count, block.Line, cluster));
                _parts.Add(block);
                for (var i = block.Start; i < block.End; i++)
                {
                    rest[i] = rest[i] is '\n' or '\r' ? rest[i] : ' ';
                }
            }
        }

        findings.AddRange(_parts.SelectMany(part => GuideText.CheckManifest(Text[part.Start..part.End])
            .Select(finding => Placed(finding with { Offset = finding.Offset + part.Start }))));
        findings.AddRange(GuideText.Check(rest.ToString()).Select(Placed));
        return findings;
    }

    private static IEnumerable<PlacedFinding> Check(
        IReadOnlyList<ManifestDocument> documents, int part, int lines, ClusterFacts cluster)
    {
        var parsed = documents.Select(document => JsonDocument.Parse(document.Json, new JsonDocumentOptions { MaxDepth = 256 })).ToList();
        try
        {
            return
            [
                .. ManifestLint.Check([.. parsed.Select(json => json.RootElement)], "default", cluster, AdmissionSettings.Default)
                    .Select(finding =>
                    {
                        var place = documents[finding.Document].Locate(finding.Path);
                        return new PlacedFinding(finding, place.Line + lines, place.Column, part);
                    }),
            ];
        }
        finally
        {
            parsed.ForEach(json => json.Dispose());
        }
    }

    private PlacedFinding Placed(LintFinding finding)
    {
        var before = Text.AsSpan(0, finding.Offset!.Value);
        return new PlacedFinding(finding, before.Count('\n') + 1, before.Length - (before.LastIndexOf('\n') + 1) + 1, 0);
    }
}
