using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Casemate.Kubernetes;
using Casemate.Primitives.Text;

namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// Makes changes in the text of a file of Kubernetes documents, as a person would with an editor: everything else stays as it is, comments,
/// order and quotes included. The result is read back and must hold what the changes say and nothing else.
/// </summary>
public static class ManifestEditor
{
    /// <summary>How many changes are tried one by one where all at once do not keep their promise: each costs a reading of the file.</summary>
    private const int MaxAlone = 50;

    /// <summary>Makes changes.</summary>
    /// <param name="content">The file's bytes: UTF-8, with or without byte order mark.</param>
    /// <param name="fixes">The changes. Those that get in each other's way are made in this order; the later ones are left out.</param>
    /// <param name="made">For each of <paramref name="fixes"/> whether it was made.</param>
    /// <returns>The file's new bytes; the old ones when nothing could be changed.</returns>
    public static byte[] Apply(ReadOnlySpan<byte> content, IReadOnlyList<ManifestFix> fixes, out ImmutableArray<bool> made)
    {
        ArgumentNullException.ThrowIfNull(fixes);
        made = [.. fixes.Select(_ => false)];
        var hasMark = content.StartsWith("\uFEFF"u8);
        if (content.Length > ManifestLimits.MaxFileBytes || !TryDecode(hasMark ? content[3..] : content, out var text)
            || !TryParse(text, out var documents))
        {
            return content.ToArray();
        }

        var planned = new List<TextEdit>?[fixes.Count];
        for (var i = 0; i < fixes.Count; i++)
        {
            planned[i] = Plan(text, documents, fixes[i]);
        }

        // All that do not overlap at once; only if that goes wrong one by one, to find the one that does not keep its promise.
        var chosen = Compatible(planned);
        var changed = TryMake(text, documents, fixes, planned, chosen);
        if (changed is null)
        {
            var accepted = new List<int>();
            foreach (var candidate in chosen.Take(MaxAlone))
            {
                if (TryMake(text, documents, fixes, planned, [.. accepted, candidate]) is { } more)
                {
                    changed = more;
                    accepted.Add(candidate);
                }
            }

            chosen = accepted;
        }

        made = [.. fixes.Select((_, i) => chosen.Contains(i))];
        if (changed is null)
        {
            return content.ToArray();
        }

        var bytes = Encoding.UTF8.GetBytes(changed);
        return hasMark ? [0xEF, 0xBB, 0xBF, .. bytes] : bytes;
    }

    private static List<TextEdit>? Plan(string text, List<ManifestNode> documents, ManifestFix fix)
    {
        if (fix.Document < 0 || fix.Document >= documents.Count || fix.Edits.IsDefaultOrEmpty)
        {
            return null;
        }

        var edits = new List<TextEdit>();
        foreach (var edit in fix.Edits)
        {
            if (NodeEdit.TryPlan(text, documents[fix.Document], edit) is not { } planned)
            {
                return null;
            }

            edits.Add(planned);
        }

        // What is set in one place and removed in another is moved, and a comment beside it would stay behind, or go.
        var isMove = fix.Edits.Any(edit => edit.Verb is ManifestEditVerb.Set) && fix.Edits.Any(edit => edit.Verb is ManifestEditVerb.Remove);
        return isMove && edits.Exists(edit => HasComment(text.AsSpan(edit.Start, edit.Length))) ? null : edits;
    }

    private static bool HasComment(ReadOnlySpan<char> text)
    {
        for (var at = text.IndexOf('#'); at >= 0;)
        {
            if (at == 0 || char.IsWhiteSpace(text[at - 1]))
            {
                return true;
            }

            var next = text[(at + 1)..].IndexOf('#');
            at = next < 0 ? -1 : at + 1 + next;
        }

        return false;
    }

    private static List<int> Compatible(List<TextEdit>?[] planned)
    {
        var chosen = new List<int>();
        var taken = new List<TextEdit>();
        for (var i = 0; i < planned.Length; i++)
        {
            if (planned[i] is { } edits && edits.All(edit => !taken.Exists(other => Overlap(edit, other)))
                && !edits.Where((edit, at) => edits.Take(at).Any(other => Overlap(edit, other))).Any())
            {
                taken.AddRange(edits);
                chosen.Add(i);
            }
        }

        return chosen;
    }

    private static bool Overlap(TextEdit a, TextEdit b) =>
        a.Start == b.Start || (a.Start < b.Start ? a.Start + a.Length > b.Start : b.Start + b.Length > a.Start);

    private static string? TryMake(
        string text, List<ManifestNode> documents, IReadOnlyList<ManifestFix> fixes, List<TextEdit>?[] planned, IReadOnlyList<int> chosen)
    {
        if (chosen.Count == 0)
        {
            return null;
        }

        var changed = Splice(text, chosen.SelectMany(i => planned[i]!));
        if (!TryParse(changed, out var after) || after.Count != documents.Count)
        {
            return null;
        }

        for (var i = 0; i < documents.Count; i++)
        {
            var edits = chosen.Where(at => fixes[at].Document == i).SelectMany(at => fixes[at].Edits).ToList();
            if (!ExpectedDocument.TryMake(documents[i], edits, out var expected)
                || !JsonNode.DeepEquals(expected, ExpectedDocument.Of(after[i])))
            {
                return null;
            }
        }

        return changed;
    }

    private static string Splice(string text, IEnumerable<TextEdit> edits)
    {
        var result = new StringBuilder(text.Length);
        var at = 0;
        foreach (var edit in edits.OrderBy(edit => edit.Start))
        {
            result.Append(text, at, edit.Start - at).Append(edit.Text);
            at = edit.Start + edit.Length;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static bool TryDecode(ReadOnlySpan<byte> content, out string text)
    {
        try
        {
            text = StrictUtf8.GetString(content);
            return true;
        }
        catch (DecoderFallbackException)
        {
            text = "";
            return false;
        }
    }

    private static bool TryParse(string text, out List<ManifestNode> documents)
    {
        try
        {
            documents = [.. ManifestParser.Parse(text).OfType<ManifestNode>()];
            return true;
        }
        catch (ManifestSyntaxException)
        {
            documents = [];
            return false;
        }
    }
}
