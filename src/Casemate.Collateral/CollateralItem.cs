using Casemate.Attestation.Pki;

namespace Casemate.Collateral;

/// <summary>One thing in a set of collateral, for display. Nothing of it is verified.</summary>
/// <param name="Kind"><c>certificate</c>, <c>revocation list</c>, <c>TCB info</c> or <c>QE identity</c>.</param>
/// <param name="Name">
/// Subject of a certificate, issuer of a revocation list; kind of TEE and FMSPC (hex) of a signed document, as far as it names them.
/// </param>
/// <param name="Start">Start of validity or day of issue; null when it does not say.</param>
/// <param name="End">End of validity or announced next update; null when it does not say.</param>
/// <param name="Location">Where it was found.</param>
/// <param name="Certificate">More about a certificate; null for other kinds.</param>
public sealed record CollateralItem(
    string Kind, string Name, DateTimeOffset? Start, DateTimeOffset? End, string Location, UnverifiedCertificate? Certificate);
