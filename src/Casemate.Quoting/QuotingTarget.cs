namespace Casemate.Quoting;

/// <summary>What an application's enclave must know before it asks for a quote.</summary>
/// <param name="TargetInfo">Target of the application's report, 512 bytes: <c>sgx_target_info_t</c> of the quoting enclave.</param>
/// <param name="PublicKeyId">Name of the attestation key, 32 bytes.</param>
/// <param name="QuoteSize">Bytes of every quote made with that key on this platform.</param>
public sealed record QuotingTarget(ReadOnlyMemory<byte> TargetInfo, ReadOnlyMemory<byte> PublicKeyId, int QuoteSize)
{
    /// <summary>Bytes of <see cref="TargetInfo"/>.</summary>
    public const int TargetInfoSize = 512;

    /// <summary>Bytes of <see cref="PublicKeyId"/>.</summary>
    public const int PublicKeyIdSize = 32;
}
