namespace Casemate.Kubernetes;

/// <summary>A text is no manifest of Kubernetes objects; the message names the place and what to do.</summary>
public sealed class ManifestException : Exception
{
    internal ManifestException(string where, long line, long column, string problem, Exception? innerException = null)
        : base(line > 0 ? $"{where}, line {line}, column {column}: {problem}." : $"{where}: {problem}.", innerException) =>
        (Line, Column) = ((int)Math.Min(line, int.MaxValue), (int)Math.Min(column, int.MaxValue));

    /// <summary>The line, from 1; 0 when the problem is no place.</summary>
    public int Line { get; }

    /// <summary>The column, from 1; 0 when the problem is no place.</summary>
    public int Column { get; }
}
