using System.Text;
using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>
/// Writes into a file's text and reads the result back: it must hold the same documents but for what was asked, or nothing is written.
/// </summary>
internal static class ManifestRewriter
{
    private const string Remedy = "Write metadata and annotations out in this document, without anchors and aliases.";

    public static ManifestRewrite Rewrite(ManifestFile file, IReadOnlyCollection<WorkloadEdit> edits)
    {
        var scope = new ReadScope(file.Name, ignoreUnknownFields: false);
        var planned = new List<TextEdit>();
        var expected = new Dictionary<int, ExpectedChange>();
        foreach (var edit in edits)
        {
            var (workload, root) = (edit.Workload, file.Documents[edit.Workload.Document]!);
            try
            {
                var change = expected.TryGetValue(workload.Document, out var known) ? known : expected[workload.Document] = new ExpectedChange();
                planned.AddRange(Plan(file, root, edit, change));
            }
            catch (RewriteRefusedException e)
            {
                var path = e.Path.Length > 0 ? e.Path : workload.PodMetadataPath;
                scope.Error(e.At, path, $"the policy cannot be written here: {e.Message}", Remedy);
            }
        }

        if (!scope.Findings.IsEmpty)
        {
            return new ManifestRewrite(null, scope.Findings);
        }

        var text = Apply(file.Text, planned);
        if (text is null || Difference(file, text, expected) is { } difference)
        {
            scope.Add(PolicyFinding.Error("", "the policy cannot be written into this file without changing something else", Remedy) with
            {
                Location = new SourceLocation(file.Name, 1, 1),
            });
            return new ManifestRewrite(null, scope.Findings);
        }

        var content = Encoding.UTF8.GetBytes(text);
        return new ManifestRewrite(file.HasMark ? [0xEF, 0xBB, 0xBF, .. content] : content, []);
    }

    private static IEnumerable<TextEdit> Plan(ManifestFile file, ManifestNode root, WorkloadEdit edit, ExpectedChange change)
    {
        var text = file.Text;
        var newLine = text.IndexOf('\n');
        var writer = new AnnotationEdits(text, newLine > 0 && text[newLine - 1] == '\r' ? "\r\n" : "\n");
        var ownerPath = edit.Workload.PodMetadataPath is "metadata" ? "" : edit.Workload.PodMetadataPath[..^".metadata".Length];
        var owner = ManifestPath.Find(root, ownerPath)
            ?? throw new RewriteRefusedException(root, ownerPath, "the pod template is missing");
        writer.Set(owner, ownerPath, edit.Annotations);
        var annotationsPath = edit.Workload.PodMetadataPath + ".annotations";
        foreach (var annotation in edit.Annotations)
        {
            change.Set(annotationsPath, annotation.Key, annotation.Value);
        }

        foreach (var old in edit.Workload.PolicyAnnotations.Where(old => edit.Annotations.All(annotation => annotation.Key != old.Name)))
        {
            change.Remove(annotationsPath, old.Name);
        }

        foreach (var (path, image) in edit.Images)
        {
            if (ManifestPath.Find(root, path)?.Resolved.Find("image") is not { } member)
            {
                throw new RewriteRefusedException(root, path, "the container has no image");
            }

            writer.SetScalar(member, image);
            change.Set(path, "image", image);
        }

        return writer.Edits;
    }

    private static string? Apply(string text, List<TextEdit> edits)
    {
        var result = new StringBuilder(text.Length);
        var at = 0;

        // The same edit twice comes from a template that two aliases share; it is one edit.
        foreach (var edit in edits.Distinct().OrderBy(edit => edit.Start).ThenBy(edit => edit.Length))
        {
            if (edit.Start < at || edit.Start + edit.Length > text.Length)
            {
                return null;
            }

            result.Append(text, at, edit.Start - at).Append(edit.Text);
            at = edit.Start + edit.Length;
        }

        return result.Append(text, at, text.Length - at).ToString();
    }

    private static string? Difference(ManifestFile file, string text, Dictionary<int, ExpectedChange> expected)
    {
        List<ManifestNode?> documents;
        try
        {
            documents = ManifestParser.Parse(text);
        }
        catch (ManifestSyntaxException e)
        {
            return e.Message;
        }

        if (documents.Count != file.Documents.Count)
        {
            return "another number of documents";
        }

        for (var i = 0; i < documents.Count; i++)
        {
            var change = expected.TryGetValue(i, out var known) ? known : new ExpectedChange();
            if (change.Difference(file.Documents[i], documents[i], "") is { } difference)
            {
                return difference;
            }
        }

        return null;
    }
}
