namespace Casemate.Node.Dra;

/// <summary>The DRA driver at one moment.</summary>
/// <param name="Registered">The kubelet took the registration.</param>
/// <param name="RegistrationError">Why the kubelet did not; null when it did, or did not say anything yet.</param>
/// <param name="PublishedDevices">How many devices stand in the node's ResourceSlices.</param>
/// <param name="Generation">The pool's generation; 0 before the first publication.</param>
/// <param name="PublishProblem">Why the slices are not as they should be; null when they are.</param>
/// <param name="PreparedClaims">How many claims are ready on this node.</param>
public sealed record DraStatus(
    bool Registered, string? RegistrationError, int PublishedDevices, long Generation, string? PublishProblem, int PreparedClaims);
