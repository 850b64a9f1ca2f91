namespace Casemate.KataPolicy;

/// <summary>One layer of an image and its root of dm-verity.</summary>
/// <param name="Id">The chain identifier, 64 hexadecimal digits without <c>sha256:</c>.</param>
/// <param name="RootHash">The root hash of dm-verity, 64 hexadecimal digits.</param>
public sealed record ImageLayerPolicy(string Id, string RootHash);
