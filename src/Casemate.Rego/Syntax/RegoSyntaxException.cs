namespace Casemate.Rego.Syntax;

/// <summary>Ends the reading of one module; never leaves the compiler.</summary>
internal sealed class RegoSyntaxException(RegoLocation location, string message) : Exception(message)
{
    public RegoLocation Location { get; } = location;
}
