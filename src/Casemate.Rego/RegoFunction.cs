namespace Casemate.Rego;

/// <summary>A function that the host offers to policies. It must be pure: the same arguments give the same value within one
/// evaluation.</summary>
/// <param name="Name">Its name, with dots allowed; a name of a built-in function replaces that function.</param>
/// <param name="Arity">The number of arguments.</param>
/// <param name="Invoke">Computes the value; null means undefined. It must not throw, and must be safe to call from several threads.</param>
public sealed record RegoFunction(string Name, int Arity, Func<IReadOnlyList<RegoValue>, RegoValue?> Invoke);
