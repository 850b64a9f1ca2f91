namespace Casemate.Rego;

/// <summary>A place in a policy.</summary>
/// <param name="File">Name of the source as the caller gave it.</param>
/// <param name="Line">Line, from 1.</param>
/// <param name="Column">Column in UTF-16 units, from 1.</param>
public readonly record struct RegoLocation(string File, int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => $"{File}:{Line}:{Column}";
}
