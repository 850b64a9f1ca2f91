using Casemate.Attestation.Policy;

namespace Casemate.Attestation.Cose;

/// <summary>
/// A publisher's word, verified and trusted by a policy, that a launch measurement is that of one of its guest images.
/// </summary>
public sealed record GuestImageEndorsement
{
    /// <summary>The did:x509 identifier of the publisher.</summary>
    public required string Issuer { get; init; }

    /// <summary>The feed: which image of the publisher's, such as <c>ContainerPlat-AMD-UVM</c>.</summary>
    public required string Feed { get; init; }

    /// <summary>MEASUREMENT of SEV-SNP reports of guests that were launched from the image, 48 bytes.</summary>
    public required byte[] LaunchMeasurement { get; init; }

    /// <summary>The image's security version, as the publisher counts. Not the report's GUEST_SVN.</summary>
    public required long Svn { get; init; }

    /// <summary>When the publisher says that it signed; null when it does not say.</summary>
    public DateTimeOffset? SigningTime { get; init; }

    /// <summary>The earliest end of validity of the publisher's certificates.</summary>
    public required DateTimeOffset CertificatesExpire { get; init; }

    /// <summary>A copy of a policy that accepts guests with the endorsed measurement, beside those that it names already.</summary>
    /// <param name="policy">The policy.</param>
    public EvidencePolicy AcceptIn(EvidencePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return policy with { Snp = policy.Snp with { Measurements = policy.Snp.Measurements.Add(LaunchMeasurement) } };
    }
}
