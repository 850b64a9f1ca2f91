namespace Casemate.KataPolicy;

/// <summary>Policy data that cannot be read; the message says what is wrong and where.</summary>
internal sealed class PolicyDataException(string message) : Exception(message);
