namespace Casemate.KataPolicy.Pods;

/// <summary>A place in a file that a person can open.</summary>
/// <param name="File">The file's name as the caller gave it.</param>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column in characters, from 1.</param>
public sealed record SourceLocation(string File, int Line, int Column)
{
    /// <summary>The place as editors and compilers write it: <c>file:line:column</c>.</summary>
    public override string ToString() => $"{File}:{Line}:{Column}";
}
