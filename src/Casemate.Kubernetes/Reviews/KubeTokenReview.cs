namespace Casemate.Kubernetes;

/// <summary>What the server says about a bearer token. Source: authentication/v1, <c>TokenReviewStatus</c>.</summary>
/// <param name="IsAuthenticated">True only when the server vouches for the token.</param>
/// <param name="Username">Whose it is, such as <c>system:serviceaccount:ns:name</c>; empty unless authenticated.</param>
/// <param name="Uid">The user's identity; may be empty.</param>
/// <param name="Groups">The user's groups.</param>
/// <param name="Audiences">
/// For whom the token is, of those that were asked; empty when the server does not look at audiences. Whoever asks for an audience must
/// find it here.
/// </param>
/// <param name="Error">Why not; empty when authenticated, and when the server does not say.</param>
public sealed record KubeTokenReview(
    bool IsAuthenticated, string Username, string Uid, IReadOnlyList<string> Groups, IReadOnlyList<string> Audiences, string Error);
