namespace Casemate.Rego;

/// <summary>
/// A data document that decisions change: the state that an agent keeps between requests. Immutable; a change gives the next state, and a
/// change that fails leaves this one in force.
/// </summary>
/// <param name="Data">The document.</param>
public sealed record RegoState(RegoValue Data)
{
    /// <summary>The state of an agent that has seen nothing: <c>{"pstate": {}}</c>.</summary>
    public static RegoState Initial { get; } =
        new(RegoObject.Create([KeyValuePair.Create<RegoValue, RegoValue>(RegoValue.From("pstate"), RegoObject.Create([]))]));

    /// <summary>Applies JSON Patch operations (RFC 6902), all or none.</summary>
    /// <param name="operations">An array of operations, such as a decision's member <c>ops</c>.</param>
    /// <param name="error">What cannot be applied; null after success.</param>
    /// <returns>The next state, or null.</returns>
    public RegoState? TryApply(RegoValue operations, out string? error)
    {
        if (operations is not RegoArray array)
        {
            error = "the operations are no array";
            return null;
        }

        try
        {
            return JsonPatch.Apply(Data, array, out error) is { } next ? new RegoState(next) : null;
        }
        catch (NestedTooDeeplyException e)
        {
            error = e.Message;
            return null;
        }
    }
}
