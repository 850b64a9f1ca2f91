namespace Casemate.Fuzz;

/// <summary>What one input is put through. Returns true when the parser accepted the input; throws when a property broke.</summary>
public delegate bool FuzzRun(ReadOnlySpan<byte> input);

/// <summary>A parser under test.</summary>
/// <param name="Name">Name on the command line.</param>
/// <param name="Run">Feeds one input and checks the properties of the answer.</param>
/// <param name="Seeds">Real inputs to start from; every one must be accepted.</param>
public sealed record FuzzTarget(string Name, FuzzRun Run, IReadOnlyList<byte[]> Seeds);
