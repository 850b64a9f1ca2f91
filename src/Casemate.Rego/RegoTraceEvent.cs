namespace Casemate.Rego;

/// <summary>One event of a trace.</summary>
/// <param name="Kind">What happened.</param>
/// <param name="Depth">How many rules were being evaluated.</param>
/// <param name="Location">Where in the policy.</param>
/// <param name="Text">The rule, the literal or the note.</param>
/// <param name="Bindings">The variables of the literal, by name.</param>
public sealed record RegoTraceEvent(
    RegoTraceKind Kind, int Depth, RegoLocation Location, string Text, IReadOnlyList<KeyValuePair<string, RegoValue>> Bindings);
