using System.Collections.Immutable;

namespace Casemate.Attestation.Azure;

/// <summary>A quote of a virtual TPM and the PCR values that it speaks for, as bytes from an untrusted place.</summary>
/// <param name="Message">What the TPM signed: TPMS_ATTEST, see <see cref="TpmQuote"/>.</param>
/// <param name="Signature">RSASSA-PKCS1-v1_5 with SHA-256 over it, as long as the modulus of the attestation key.</param>
/// <param name="Pcrs">The SHA-256 bank: the value of PCR n at place n, 32 bytes each, at most 24.</param>
public sealed record VtpmQuote(ReadOnlyMemory<byte> Message, ReadOnlyMemory<byte> Signature, ImmutableArray<byte[]> Pcrs);
