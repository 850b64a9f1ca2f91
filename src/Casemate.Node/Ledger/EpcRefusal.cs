namespace Casemate.Node.Ledger;

/// <summary>Why the ledger gave no EPC.</summary>
/// <param name="Reason">Which kind.</param>
/// <param name="Message">One sentence with the numbers, for the kubelet, the pod's events and the log.</param>
public sealed record EpcRefusal(EpcRefusalReason Reason, string Message);
