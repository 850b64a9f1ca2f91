namespace Casemate.Admission;

/// <summary>A field has another type than Kubernetes gives it. Never leaves the judgement.</summary>
internal sealed class MalformedPodException(string field, string expected) : Exception($"{field} is no {expected}");
