using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Casemate.Measurement.Enclave;
using Casemate.Quoting.Devices;
using Casemate.Quoting.Sgx;
using Microsoft.Win32.SafeHandles;

namespace Casemate.Quoting.Tests.Sgx;

/// <summary>
/// The kernel's SGX driver and the processor behind it, following the caller's addresses as both do and refusing what they refuse. Offsets
/// and rules are written out here, apart from the code under test. Sources: Linux, <c>arch/x86/kernel/cpu/sgx/ioctl.c</c> and <c>encl.c</c>;
/// Intel SDM volume 3D, chapter 40. Addresses are really reserved, and the enclave's pages are really given, as the driver would from EPC.
/// </summary>
internal sealed class EmulatedSgx : ISgxKernel
{
    private readonly Dictionary<ulong, ulong> _pages = [];
    private readonly MemoryStream _measured = new();
    private byte[]? _secs;
    private byte[]? _mrEnclave;

    /// <summary>What opening a path returns. Default: the device is at <c>/dev/sgx_enclave</c> and nothing elsewhere.</summary>
    public Func<string, int> OpenError { get; init; } = path => path == "/dev/sgx_enclave" ? 0 : ErrorNumber.NoEntry;

    /// <summary>Makes a REPORT of MRENCLAVE, TARGETINFO and REPORTDATA.</summary>
    public Func<byte[], byte[], byte[], byte[]> Report { get; init; } = (_, _, _) => new byte[432];

    /// <summary>Error numbers for requests and for <c>map</c>, in the order of the calls; empty: as the driver does.</summary>
    public Dictionary<string, Queue<int>> Failures { get; } = [];

    /// <summary>How entering ends: 0 and a vector for an exception; 0 and 0 for an enclave that left.</summary>
    public (int Result, ushort Vector, ushort Code) Ending { get; init; }

    /// <summary>Pages that one request adds at most.</summary>
    public int PagesPerRequest { get; init; } = int.MaxValue;

    /// <summary>Why there is no way in; null: there is one.</summary>
    public string? NoEntry { get; init; }

    /// <summary>Every request with its argument, in order.</summary>
    public List<(uint Number, byte[] Argument)> Requests { get; } = [];

    /// <summary>The SIGSTRUCT that was given.</summary>
    public byte[]? Signature { get; private set; }

    /// <summary>What was mapped: offset, length, rights.</summary>
    public List<(ulong Offset, ulong Length, SecInfoFlags Rights)> Mappings { get; } = [];

    /// <summary>The descriptors that were given out.</summary>
    public List<SafeFileHandle> Opened { get; } = [];

    /// <summary>Ranges that were reserved and not given back.</summary>
    public HashSet<(nuint Address, nuint Length)> Reserved { get; } = [];

    public int Open(string path, out SafeFileHandle device)
    {
        var error = OpenError(path);
        device = error == 0 ? File.OpenHandle("/dev/null", FileMode.Open, FileAccess.ReadWrite) : new SafeFileHandle(-1, ownsHandle: false);
        if (error == 0)
        {
            Opened.Add(device);
        }

        return error;
    }

    public int Control(SafeFileHandle device, uint request, Span<byte> argument)
    {
        Assert.False(device.IsClosed);
        Requests.Add((request, argument.ToArray()));
        var (name, size) = request switch
        {
            0x4008A400 => ("create", 8),
            0xC030A401 => ("add", 48),
            0x4008A402 => ("init", 8),
            _ => throw new InvalidOperationException($"0x{request:X} is no request of the driver"),
        };
        Assert.Equal(size, argument.Length);
        if (Failures.TryGetValue(name, out var failures) && failures.TryDequeue(out var error) && error != 0)
        {
            return error;
        }

        return name switch { "create" => Create(argument), "add" => Add(argument), _ => Initialise(argument) };
    }

    public bool TryFindEntry(out nuint function, [NotNullWhen(false)] out string? problem)
    {
        (function, problem) = (0x1234, NoEntry);
        return problem is null;
    }

    public int Reserve(nuint length, out nuint address)
    {
        var error = SgxKernel.Instance.Reserve(length, out address);
        Reserved.Add((address, length));
        return error;
    }

    public int Map(SafeFileHandle device, nuint address, nuint length, SecInfoFlags rights)
    {
        Assert.False(device.IsClosed);
        if (Failures.TryGetValue("map", out var failures) && failures.TryDequeue(out var error) && error != 0)
        {
            return error;
        }

        var offset = address - U64(_secs!, 8);
        for (var at = offset; at < offset + length; at += 4096)
        {
            var most = (_pages[at] & 0xFF00) == 0x100 ? 3 : _pages[at] & 7;
            if (((ulong)rights & 7 & ~most) != 0)
            {
                return ErrorNumber.AccessDenied;
            }
        }

        Mappings.Add((offset, length, rights));
        return 0;
    }

    public void Release(nuint address, nuint length)
    {
        Assert.True(Reserved.Remove((address, length)));
        SgxKernel.Instance.Release(address, length);
    }

    public int Enter(nuint function, nuint rdi, nuint rsi, Span<byte> run)
    {
        Assert.Equal((nuint)0x1234, function);
        Assert.Equal(256, run.Length);
        Assert.False(run[8..].ContainsAnyExcept((byte)0));
        Assert.Equal((ulong)0x100, _pages[U64(run, 0) - U64(_secs!, 8)]);
        Assert.NotNull(_mrEnclave);
        var (result, vector, code) = Ending;
        if (result != 0)
        {
            return result;
        }

        if (vector != 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(run[8..], 2);
            BinaryPrimitives.WriteUInt16LittleEndian(run[12..], vector);
            BinaryPrimitives.WriteUInt16LittleEndian(run[14..], code);
            return 0;
        }

        // Before any of it is entered, everything has to be mapped: what a page lacks is a fault.
        var mapped = Mappings.SelectMany(one => Enumerable.Range(0, (int)one.Length / 4096).Select(i => one.Offset + ((ulong)i * 4096)));
        Assert.Equal(_pages.Keys.Order(), mapped.Order());
        Marshal.Copy(Report(_mrEnclave, Memory(rdi, 512), Memory(rdi + 512, 64)), 0, (nint)rsi, 432);
        BinaryPrimitives.WriteUInt32LittleEndian(run[8..], 4);
        return 0;
    }

    private int Create(ReadOnlySpan<byte> argument)
    {
        if (_secs is not null)
        {
            return ErrorNumber.Invalid;
        }

        var secs = Memory((nuint)U64(argument, 0), 4096);
        var (size, address) = (U64(secs, 0), U64(secs, 8));
        if (!ulong.IsPow2(size))
        {
            return ErrorNumber.Invalid;
        }

        // ECREATE: the range begins at a multiple of its size, XFRM has x87 and SSE, everything that is reserved or filled in later is zero.
        var isProper = size >= 0x2000 && address % size == 0 && U64(secs, 56) == 3 && BinaryPrimitives.ReadUInt32LittleEndian(secs.AsSpan(16)) == 1
            && !secs.AsSpan(20, 28).ContainsAnyExcept((byte)0) && !secs.AsSpan(64).ContainsAnyExcept((byte)0);
        if (!isProper || !Reserved.Any(range => range.Address <= address && address + size <= range.Address + range.Length))
        {
            return ErrorNumber.InputOutput;
        }

        _secs = secs;
        var record = Record("ECREATE");
        secs.AsSpan(16, 4).CopyTo(record.AsSpan(8));
        secs.AsSpan(0, 8).CopyTo(record.AsSpan(12));
        _measured.Write(record);
        return 0;
    }

    private int Add(Span<byte> argument)
    {
        if (_secs is null || _mrEnclave is not null)
        {
            return ErrorNumber.Invalid;
        }

        var (source, offset, length) = (U64(argument, 0), U64(argument, 8), U64(argument, 16));
        var secInfo = Memory((nuint)U64(argument, 24), 64);
        var (flags, rights) = (U64(secInfo, 0), U64(secInfo, 0) & 7);
        if (source % 4096 != 0 || offset % 4096 != 0 || length == 0 || length % 4096 != 0 || offset + length > U64(_secs, 0)
            || (flags & 0xFF00) is not (0x100 or 0x200) || (flags & ~0xFF07UL) != 0 || (rights & 3) == 2
            || ((flags & 0xFF00) == 0x100 && rights != 0) || secInfo.AsSpan(8).ContainsAnyExcept((byte)0))
        {
            return ErrorNumber.Invalid;
        }

        Assert.Equal(1UL, U64(argument, 32));                              // measured
        var added = Math.Min(length, (ulong)PagesPerRequest * 4096);
        for (var at = 0UL; at < added; at += 4096)
        {
            if (!_pages.TryAdd(offset + at, flags))
            {
                return ErrorNumber.Busy;
            }

            var page = Memory((nuint)(source + at), 4096);
            var record = Record("EADD");
            BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(8), offset + at);
            secInfo.AsSpan(0, 48).CopyTo(record.AsSpan(16));
            _measured.Write(record);
            for (var chunk = 0; chunk < 4096; chunk += 256)
            {
                record = Record("EEXTEND");
                BinaryPrimitives.WriteUInt64LittleEndian(record.AsSpan(8), offset + at + (ulong)chunk);
                _measured.Write(record);
                _measured.Write(page, chunk, 256);
            }
        }

        BinaryPrimitives.WriteUInt64LittleEndian(argument[40..], added);
        return 0;
    }

    private int Initialise(ReadOnlySpan<byte> argument)
    {
        if (_secs is null || _mrEnclave is not null)
        {
            return ErrorNumber.Invalid;
        }

        // EINIT: the signature is good, over this enclave and its attributes under the masks.
        Signature = Memory((nuint)U64(argument, 0), 1808);
        var measurement = SHA256.HashData(_measured.ToArray());
        var isLaunched = SigStruct.TryRead(Signature, out var signed) is SigStructError.None && signed.Verify() is SigStructSignature.Valid
            && signed.MrEnclave.SequenceEqual(measurement)
            && (ulong)(signed.Flags & signed.FlagsMask) == (U64(_secs, 48) & (ulong)signed.FlagsMask)
            && (signed.Xfrm & signed.XfrmMask) == (U64(_secs, 56) & signed.XfrmMask);
        _mrEnclave = isLaunched ? measurement : null;
        return isLaunched ? 0 : ErrorNumber.NotPermitted;
    }

    private static byte[] Record(string name)
    {
        var record = new byte[64];
        System.Text.Encoding.ASCII.GetBytes(name).CopyTo(record, 0);
        return record;
    }

    private static byte[] Memory(nuint address, int size)
    {
        var bytes = new byte[size];
        Marshal.Copy((nint)address, bytes, 0, size);
        return bytes;
    }

    private static ulong U64(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt64LittleEndian(bytes[offset..]);
}
