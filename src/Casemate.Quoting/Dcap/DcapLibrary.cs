using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Casemate.Quoting.Dcap;

/// <summary>
/// Intel's <c>libsgx_qe3_logic.so</c> or, with less to offer, <c>libsgx_dcap_ql.so.1</c>. Signatures: Intel DCAP,
/// <c>sgx_ql_core_wrapper.h</c> and <c>sgx_dcap_ql_wrapper.h</c>.
/// </summary>
internal sealed unsafe class DcapLibrary : IDcapLibrary
{
    /// <summary>The library that can do everything.</summary>
    public const string QuotingLogic = "libsgx_qe3_logic.so";

    /// <summary>The library that applications link to: no key id, no QE report.</summary>
    public const string ApplicationLibrary = "libsgx_dcap_ql.so.1";

    private const uint ParameterError = 0xE002;
    private const uint NoQeReportError = 0xE017;
    private const int SignatureLengthOffset = 432;
    private const int MaximumQuoteSize = 64 * 1024;

    private readonly bool _hasKeyIds;
    private readonly delegate* unmanaged[Cdecl]<byte*, byte*, byte, nuint*, byte*, int> _initQuote;
    private readonly delegate* unmanaged[Cdecl]<byte*, uint*, int> _getQuoteSize;
    private readonly delegate* unmanaged[Cdecl]<byte*, byte*, byte*, byte*, uint, int> _getQuote;
    private readonly delegate* unmanaged[Cdecl]<byte*, int> _applicationTarget;
    private readonly delegate* unmanaged[Cdecl]<uint*, int> _applicationQuoteSize;
    private readonly delegate* unmanaged[Cdecl]<byte*, uint, byte*, int> _applicationQuote;
    private readonly delegate* unmanaged[Cdecl]<int> _applicationCleanUp;

    private DcapLibrary(string name, ReadOnlySpan<nint> exports, bool hasKeyIds)
    {
        Name = name;
        _hasKeyIds = hasKeyIds;
        if (hasKeyIds)
        {
            _initQuote = (delegate* unmanaged[Cdecl]<byte*, byte*, byte, nuint*, byte*, int>)exports[0];
            _getQuoteSize = (delegate* unmanaged[Cdecl]<byte*, uint*, int>)exports[1];
            _getQuote = (delegate* unmanaged[Cdecl]<byte*, byte*, byte*, byte*, uint, int>)exports[2];
        }
        else
        {
            _applicationTarget = (delegate* unmanaged[Cdecl]<byte*, int>)exports[0];
            _applicationQuoteSize = (delegate* unmanaged[Cdecl]<uint*, int>)exports[1];
            _applicationQuote = (delegate* unmanaged[Cdecl]<byte*, uint, byte*, int>)exports[2];
            _applicationCleanUp = (delegate* unmanaged[Cdecl]<int>)exports[3];
        }
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Loads the better of the two that is there.</summary>
    /// <param name="directory">Where they are; empty: where the system's loader looks.</param>
    /// <param name="library">The library, or null.</param>
    /// <param name="problem">Why there is none; null after success.</param>
    public static bool TryLoad(
        string directory, [NotNullWhen(true)] out DcapLibrary? library, [NotNullWhen(false)] out string? problem)
    {
        library = TryLoad(Path.Combine(directory, QuotingLogic), true, ["sgx_ql_init_quote", "sgx_ql_get_quote_size", "sgx_ql_get_quote"])
            ?? TryLoad(
                Path.Combine(directory, ApplicationLibrary), false,
                ["sgx_qe_get_target_info", "sgx_qe_get_quote_size", "sgx_qe_get_quote", "sgx_qe_cleanup_by_policy"]);
        problem = library is null
            ? $"neither {QuotingLogic} nor {ApplicationLibrary} can be loaded with the functions that quotes need"
                + (directory.Length == 0 ? string.Empty : $" from {directory}")
            : null;
        return library is not null;
    }

    /// <inheritdoc/>
    public QuotingTarget Initialise(bool refresh)
    {
        var target = new byte[QuotingTarget.TargetInfoSize];
        var id = new byte[QuotingTarget.PublicKeyIdSize];
        fixed (byte* targetBytes = target, idBytes = id, key = KeyId())
        {
            if (_hasKeyIds)
            {
                // The first call tells only how long the key id is; it leaves the target alone, whatever the headers say.
                nuint idSize = 0;
                Check("sgx_ql_init_quote", _initQuote(key, targetBytes, refresh ? (byte)1 : (byte)0, &idSize, null));
                if (idSize != (nuint)id.Length)
                {
                    throw new DcapCallException("sgx_ql_init_quote (size of the public key id)", ParameterError);
                }

                Check("sgx_ql_init_quote", _initQuote(key, targetBytes, 0, &idSize, idBytes));
            }
            else
            {
                if (refresh)
                {
                    Check("sgx_qe_cleanup_by_policy", _applicationCleanUp());
                }

                Check("sgx_qe_get_target_info", _applicationTarget(targetBytes));
            }
        }

        return new QuotingTarget(target, id, (int)QuoteSize());
    }

    /// <inheritdoc/>
    public byte[] Quote(ReadOnlySpan<byte> report, Span<byte> qeReportInfo)
    {
        if (!_hasKeyIds && !qeReportInfo.IsEmpty)
        {
            throw new DcapCallException("sgx_qe_get_quote (no QE report)", NoQeReportError);
        }

        // Asked anew each time: the certificates in the quote, and with them its size, may have been renewed.
        var quote = new byte[QuoteSize()];
        fixed (byte* key = KeyId(), reportBytes = report, qe = qeReportInfo, quoteBytes = quote)
        {
            if (_hasKeyIds)
            {
                Check("sgx_ql_get_quote", _getQuote(reportBytes, key, qe, quoteBytes, (uint)quote.Length));
            }
            else
            {
                Check("sgx_qe_get_quote", _applicationQuote(reportBytes, (uint)quote.Length, quoteBytes));
            }
        }

        var length = SignatureLengthOffset + 4L + BinaryPrimitives.ReadUInt32LittleEndian(quote.AsSpan(SignatureLengthOffset));
        return length <= quote.Length ? quote[..(int)length] : throw new DcapCallException("get_quote (length in the quote)", 0xE001);
    }

    private static ReadOnlySpan<byte> KeyId() => AttestationKeyId.IntelQe3.Bytes.Span;

    private static void Check(string function, int code)
    {
        if (code != 0)
        {
            throw new DcapCallException(function, (uint)code);
        }
    }

    private static DcapLibrary? TryLoad(string path, bool hasKeyIds, ReadOnlySpan<string> names)
    {
        if (!NativeLibrary.TryLoad(path, out var handle))
        {
            return null;
        }

        Span<nint> exports = stackalloc nint[4];
        for (var i = 0; i < names.Length; i++)
        {
            if (!NativeLibrary.TryGetExport(handle, names[i], out exports[i]))
            {
                return null;
            }
        }

        return new DcapLibrary(path, exports, hasKeyIds);
    }

    private uint QuoteSize()
    {
        uint size = 0;
        if (_hasKeyIds)
        {
            fixed (byte* key = KeyId())
            {
                Check("sgx_ql_get_quote_size", _getQuoteSize(key, &size));
            }
        }
        else
        {
            Check("sgx_qe_get_quote_size", _applicationQuoteSize(&size));
        }

        return size is > SignatureLengthOffset + 4 and <= MaximumQuoteSize
            ? size
            : throw new DcapCallException($"get_quote_size (told {size} bytes)", 0xE001);
    }
}
