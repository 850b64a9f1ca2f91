using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Casemate.Quoting.Dcap;

/// <summary>
/// Intel's <c>libsgx_tdx_logic.so.1</c>, which has the TD quoting enclave make quotes. Signatures: Intel DCAP, <c>td_ql_wrapper.h</c>.
/// </summary>
internal sealed unsafe class TdLibrary : ITdLibrary
{
    /// <summary>The library.</summary>
    public const string FileName = "libsgx_tdx_logic.so.1";

    private const uint Unexpected = 0x11001;
    private const int HeaderSize = 48;
    private const int TdReportBodySize = 584;
    private const int MaximumQuoteSize = 64 * 1024;

    private readonly delegate* unmanaged[Cdecl]<byte*, byte*, nint*, int> _createContext;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, byte, nuint*, byte*, int> _initQuote;
    private readonly delegate* unmanaged[Cdecl]<nint, uint*, int> _getQuoteSize;
    private readonly delegate* unmanaged[Cdecl]<nint, byte*, uint, byte*, byte*, uint, int> _getQuote;
    private nint _context;
    private bool _hasKey;

    private TdLibrary(string name, ReadOnlySpan<nint> exports)
    {
        Name = name;
        _createContext = (delegate* unmanaged[Cdecl]<byte*, byte*, nint*, int>)exports[0];
        _initQuote = (delegate* unmanaged[Cdecl]<nint, byte*, byte, nuint*, byte*, int>)exports[1];
        _getQuoteSize = (delegate* unmanaged[Cdecl]<nint, uint*, int>)exports[2];
        _getQuote = (delegate* unmanaged[Cdecl]<nint, byte*, uint, byte*, byte*, uint, int>)exports[3];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <summary>Loads it.</summary>
    /// <param name="directory">Where it is; empty: where the system's loader looks.</param>
    /// <param name="library">The library, or null.</param>
    /// <param name="problem">Why there is none; null after success.</param>
    public static bool TryLoad(
        string directory, [NotNullWhen(true)] out TdLibrary? library, [NotNullWhen(false)] out string? problem)
    {
        library = null;
        problem = $"{FileName} cannot be loaded with the functions that quotes of TDs need"
            + (directory.Length == 0 ? string.Empty : $" from {directory}");
        var path = Path.Combine(directory, FileName);
        if (!NativeLibrary.TryLoad(path, out var handle))
        {
            return false;
        }

        Span<nint> exports = stackalloc nint[4];
        ReadOnlySpan<string> names = ["tee_att_create_context", "tee_att_init_quote", "tee_att_get_quote_size", "tee_att_get_quote"];
        for (var i = 0; i < names.Length; i++)
        {
            if (!NativeLibrary.TryGetExport(handle, names[i], out exports[i]))
            {
                return false;
            }
        }

        (library, problem) = (new TdLibrary(path, exports), null);
        return true;
    }

    /// <inheritdoc/>
    public byte[] Quote(TdKeyRequest key, ReadOnlySpan<byte> tdReport)
    {
        if (_context == 0)
        {
            nint context = 0;
            Check("tee_att_create_context", _createContext(null, null, &context));
            _context = context != 0 ? context : throw new DcapCallException("tee_att_create_context (no context)", Unexpected);
        }

        if (!_hasKey || key is not TdKeyRequest.IfMissing)
        {
            Initialise(anew: key is TdKeyRequest.Anew);
        }

        // Asked anew each time: the certificates in the quote, and with them its size, may have been renewed.
        uint size = 0;
        Check("tee_att_get_quote_size", _getQuoteSize(_context, &size));
        if (size is < HeaderSize + TdReportBodySize or > MaximumQuoteSize)
        {
            throw new DcapCallException($"tee_att_get_quote_size (told {size} bytes)", Unexpected);
        }

        var quote = new byte[size];
        fixed (byte* reportBytes = tdReport, quoteBytes = quote)
        {
            Check("tee_att_get_quote", _getQuote(_context, reportBytes, (uint)tdReport.Length, null, quoteBytes, size));
        }

        return Trim(quote);
    }

    // What is told is what may be needed; the quote says itself how long it is. Version 5 says also how long its body is.
    private static byte[] Trim(byte[] quote)
    {
        var version = BinaryPrimitives.ReadUInt16LittleEndian(quote);
        var lengthAt = version switch
        {
            4 => HeaderSize + TdReportBodySize,
            5 => HeaderSize + 6 + (long)BinaryPrimitives.ReadUInt32LittleEndian(quote.AsSpan(HeaderSize + 2)),
            _ => throw new DcapCallException($"tee_att_get_quote (a quote of version {version})", Unexpected),
        };
        var length = lengthAt + 4 <= quote.Length
            ? lengthAt + 4 + BinaryPrimitives.ReadUInt32LittleEndian(quote.AsSpan((int)lengthAt)) : long.MaxValue;
        return length <= quote.Length ? quote[..(int)length]
            : throw new DcapCallException("tee_att_get_quote (length in the quote)", Unexpected);
    }

    private static void Check(string function, int code)
    {
        if (code != 0)
        {
            throw new DcapCallException(function, (uint)code);
        }
    }

    private void Initialise(bool anew)
    {
        var target = new byte[QuotingTarget.TargetInfoSize];
        var id = new byte[QuotingTarget.PublicKeyIdSize];
        var idSize = (nuint)id.Length;
        _hasKey = false;
        fixed (byte* targetBytes = target, idBytes = id)
        {
            Check("tee_att_init_quote", _initQuote(_context, targetBytes, anew ? (byte)1 : (byte)0, &idSize, idBytes));
        }

        _hasKey = true;
    }
}
