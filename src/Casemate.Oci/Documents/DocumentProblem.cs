namespace Casemate.Oci.Documents;

/// <summary>The first thing that is wrong with a document; whoever reads it goes on with empty values and looks here at the end.</summary>
internal sealed class DocumentProblem
{
    /// <summary>What is wrong and where; null so far.</summary>
    public string? Text { get; private set; }

    /// <summary>Keeps a problem, unless there is one already.</summary>
    public void Add(string path, string what) => Text ??= path.Length == 0 ? what : $"{path} {what}";
}
