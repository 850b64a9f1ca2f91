using System.Collections.Immutable;
using System.Text;
using Casemate.Admission;
using Casemate.KataPolicy.Manifests;

namespace Casemate.Cli.Lint;

/// <summary>Mends files in rounds, since one mended line may show what is wrong with it still.</summary>
internal static class LintFixer
{
    private const int MaxRounds = 10;

    // Of one part in one round; the next round goes on.
    private const int MostAtOnce = 500;

    /// <summary>Mends what can be mended.</summary>
    public static FixedFile Fix(LintedFile file, ClusterFacts cluster)
    {
        var (now, mended) = (file, new List<PlacedFinding>());
        for (var round = 0; round < MaxRounds; round++)
        {
            var (content, made) = Once(now);
            if (made.Count == 0)
            {
                return new FixedFile(file, now, mended);
            }

            mended.AddRange(made);
            now = LintedFile.Read(file.Name, file.Kind, content, cluster);
        }

        return new FixedFile(file, now, mended) { IsUnfinished = now.Findings.Any(found => found.Finding.IsFixable) };
    }

    // Words of the text first: places in documents are found anew afterwards.
    private static (byte[] Content, List<PlacedFinding> Made) Once(LintedFile file)
    {
        var (text, made) = Words(file);
        if (made.Count == 0)
        {
            (text, made) = Documents(file);
        }

        var content = Encoding.UTF8.GetBytes(text);
        return (file.HasMark ? [0xEF, 0xBB, 0xBF, .. content] : content, made);
    }

    private static (string Text, List<PlacedFinding> Made) Words(LintedFile file)
    {
        var text = new StringBuilder(file.Text);
        var made = new List<PlacedFinding>();
        var end = file.Text.Length;
        foreach (var found in file.Findings.Where(found => found.Finding.Replaced.Length > 0).OrderByDescending(found => found.Finding.Offset))
        {
            var (offset, replaced) = (found.Finding.Offset!.Value, found.Finding.Replaced);
            if (offset + replaced.Length <= end && file.Text.AsSpan(offset).StartsWith(replaced))
            {
                text.Remove(offset, replaced.Length).Insert(offset, found.Finding.Replacement);
                made.Insert(0, found);
                end = offset;
            }
        }

        return (text.ToString(), made);
    }

    private static (string Text, List<PlacedFinding> Made) Documents(LintedFile file)
    {
        var (text, made) = (file.Text, new List<PlacedFinding>());
        for (var part = file.Parts.Count - 1; part >= 0; part--)
        {
            var found = file.Findings.Where(one => one.Part == part && one.Finding.Offset is null && !one.Finding.Edits.IsEmpty)
                .Take(MostAtOnce).ToList();
            if (found.Count == 0)
            {
                continue;
            }

            var (start, end, _) = file.Parts[part];
            var content = ManifestEditor.Apply(
                Encoding.UTF8.GetBytes(file.Text[start..end]), [.. found.Select(one => new ManifestFix(one.Finding.Document, one.Finding.Edits))],
                out ImmutableArray<bool> done);
            text = text[..start] + Encoding.UTF8.GetString(content) + text[end..];
            made.InsertRange(0, found.Where((_, i) => done[i]));
        }

        return (text, made);
    }
}
