namespace Casemate.Rego;

/// <summary>A value was made that is nested more deeply than any code that walks through values may follow.</summary>
internal sealed class NestedTooDeeplyException() : ArgumentException($"a value is nested more than {RegoValue.MaximumNesting} levels deep");
