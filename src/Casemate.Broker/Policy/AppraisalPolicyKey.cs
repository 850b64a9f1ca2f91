namespace Casemate.Broker;

/// <summary>One key of the policy file, as the handbook describes it.</summary>
/// <param name="Path">The key with the sections around it, such as <c>snp.measurements</c>.</param>
/// <param name="Type">What may be written.</param>
/// <param name="Default">What holds when the key is left out.</param>
/// <param name="Meaning">One sentence or two.</param>
public sealed record AppraisalPolicyKey(string Path, string Type, string Default, string Meaning);
