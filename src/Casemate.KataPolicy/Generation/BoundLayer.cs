namespace Casemate.KataPolicy.Generation;

/// <summary>A layer that a policy binds.</summary>
/// <param name="Id">The chain id, as hexadecimal digits.</param>
/// <param name="RootHash">The dm-verity root, as hexadecimal digits; empty where the policy binds none.</param>
public sealed record BoundLayer(string Id, string RootHash);
