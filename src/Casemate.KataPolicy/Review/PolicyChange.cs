namespace Casemate.KataPolicy;

/// <summary>One difference between two policies.</summary>
/// <param name="Container">The container; empty for what concerns the whole pod.</param>
/// <param name="Grants">True: the second policy allows something that the first does not. False: it takes something away.</param>
/// <param name="Text">The difference in words.</param>
public sealed record PolicyChange(string Container, bool Grants, string Text);
