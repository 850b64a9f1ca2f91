using System.Security.Cryptography;

namespace Casemate.Attestation.Tdx;

/// <summary>
/// Computes the digest of an event anew where its data are what was measured. Source: TCG PC Client Platform Firmware Profile 1.06,
/// section 10.4.
/// </summary>
internal static class CcEventDigest
{
    private const int TagHeaderSize = 8;

    private static readonly byte[][] s_fixedRemarks =
    [
        SHA384.HashData([0, 0, 0, 0]),                                      // EV_SEPARATOR without an error
        SHA384.HashData("Calling EFI Application from Boot Option"u8),
        SHA384.HashData("Returning from EFI Application from Boot Option"u8),
        SHA384.HashData("Exit Boot Services Invocation"u8),
        SHA384.HashData("Exit Boot Services Returned with Failure"u8),
        SHA384.HashData("Exit Boot Services Returned with Success"u8),
    ];

    public static EventDataBinding Check(CcEvent entry)
    {
        var data = entry.Data.Span;
        var digest = entry.Digest.Span;
        if (Is(data, digest))
        {
            return EventDataBinding.Verified;
        }

        switch (entry.Type)
        {
            // Some firmware measures the whole structure, some the value alone, as the specification has it.
            case CcEventTypes.EfiVariableBoot:
                return EfiVariableData.TryRead(data, out var variable) && Is(variable.Value, digest)
                    ? EventDataBinding.Verified
                    : EventDataBinding.Contradicted;

            case CcEvent.Separator:
            case CcEventTypes.Action:
            case CcEventTypes.CrtmVersion:
            case CcEventTypes.EfiAction:
            case CcEventTypes.EfiGptEvent:
            case CcEventTypes.EfiVariableDriverConfig:
            case CcEventTypes.EfiVariableBoot2:
            case CcEventTypes.EfiVariableAuthority:
                return EventDataBinding.Contradicted;

            // A boot loader measures a text without the prefix ("grub_cmd: ") and the final zero under which it logs it, or a file
            // whose name it logs.
            case CcEvent.Ipl:
                var text = data.TrimEnd((byte)0);
                var colon = text.IndexOf(": "u8);
                return Is(text, digest) || (colon >= 0 && Is(text[(colon + 2)..], digest))
                    ? EventDataBinding.Verified
                    : EventDataBinding.DescribedOnly;

            case CcEvent.EventTag:
                return data.Length > TagHeaderSize && Is(data[TagHeaderSize..], digest)
                    ? EventDataBinding.Verified
                    : EventDataBinding.DescribedOnly;

            default:
                return EventDataBinding.DescribedOnly;
        }
    }

    /// <summary>
    /// True when the digest is that of something that every firmware measures on its way and that holds nothing of the boot's own. Asked of
    /// the digest alone: type and data can be changed by who hands over the log.
    /// </summary>
    public static bool IsFixedRemark(CcEvent entry)
    {
        foreach (var digest in s_fixedRemarks)
        {
            if (entry.Digest.Span.SequenceEqual(digest))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Is(ReadOnlySpan<byte> data, ReadOnlySpan<byte> digest)
    {
        Span<byte> actual = stackalloc byte[48];
        SHA384.HashData(data, actual);
        return actual.SequenceEqual(digest);
    }
}
