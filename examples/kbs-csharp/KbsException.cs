namespace KbsExample;

/// <summary>The broker or the guest API said no, or answered with something that is not the protocol.</summary>
internal sealed class KbsException(string message) : Exception(message);
