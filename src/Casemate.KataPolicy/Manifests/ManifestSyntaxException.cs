using Casemate.KataPolicy.Pods;

namespace Casemate.KataPolicy.Manifests;

/// <summary>The text is not YAML, or breaks a bound. Becomes a finding; never leaves the reader.</summary>
internal sealed class ManifestSyntaxException(int line, int column, string problem, string remedy) : Exception(problem)
{
    public int Line { get; } = line;

    public int Column { get; } = column;

    public string Remedy { get; } = remedy;

    public PolicyFinding ToFinding(string file) => PolicyFinding.Error("", Message, Remedy) with
    {
        Location = new SourceLocation(file, Line, Column),
    };
}
