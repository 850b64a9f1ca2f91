namespace Casemate.Rego;

/// <summary>What one evaluation cost.</summary>
/// <param name="Steps">Literals tried, members visited, functions called.</param>
/// <param name="Bytes">Memory of the values it made, as counted for the limit.</param>
/// <param name="Elapsed">Wall-clock time.</param>
public readonly record struct RegoStatistics(long Steps, long Bytes, TimeSpan Elapsed);
