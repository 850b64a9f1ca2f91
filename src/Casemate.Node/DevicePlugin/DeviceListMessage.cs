using System.Buffers;
using Casemate.Node.Resources;
using Casemate.Rpc;

namespace Casemate.Node.DevicePlugin;

/// <summary>
/// A ListAndWatchResponse that writes its bytes straight into the transport, without an object for each device. Layout: protobuf wire
/// format of the device plugin API v1beta1: devices = 1 {ID = 1, health = 2, topology = 3 {nodes = 1 {ID = 1}}}.
/// </summary>
internal sealed class DeviceListMessage : IRpcEncodedMessage
{
    private const int Piece = 8 * 1024;
    private const int LongestDevice = 64;                                  // 3 of the id and about 25 around it

    private readonly DeviceList _list;
    private readonly byte[] _suffix = new byte[32];                        // health and topology, alike for a run of devices
    private int _suffixLength;
    private int _range = -1;
    private int _index;
    private int _runEnd;

    public DeviceListMessage(DeviceList list)
    {
        _list = list;
        Length = checked((int)list.Size);
    }

    /// <inheritdoc/>
    public int Length { get; }

    /// <inheritdoc/>
    public void WriteNext(IBufferWriter<byte> output)
    {
        var span = output.GetSpan(Piece);
        var written = 0;
        while (span.Length - written >= LongestDevice && (_index < _runEnd || NextRun()))
        {
            written += WriteDevice(span[written..]);
        }

        output.Advance(written);
    }

    private int WriteDevice(Span<byte> output)
    {
        var id = EpcDeviceIds.LengthOf(_index);
        output[0] = 0x0A;
        output[1] = (byte)(2 + id + _suffixLength);                        // below 128: one byte
        output[2] = 0x0A;
        output[3] = (byte)EpcDeviceIds.Write(_index++, output[4..]);
        _suffix.AsSpan(0, _suffixLength).CopyTo(output[(4 + id)..]);
        return 4 + id + _suffixLength;
    }

    // The healthy devices of a range, then its others, then the next range.
    private bool NextRun()
    {
        while (true)
        {
            if (_range >= 0 && _index < _list.Ranges[_range].End)
            {
                StartRun(_list.Ranges[_range].End, _list.Ranges[_range].Numa, "Unhealthy"u8);
                return true;
            }

            if (++_range >= _list.Ranges.Length)
            {
                return false;
            }

            var range = _list.Ranges[_range];
            if (range.Healthy > 0)
            {
                StartRun(range.First + range.Healthy, range.Numa, "Healthy"u8);
                return true;
            }
        }
    }

    private void StartRun(int end, int? numa, ReadOnlySpan<byte> health)
    {
        _runEnd = end;
        _suffix[0] = 0x12;
        _suffix[1] = (byte)health.Length;
        health.CopyTo(_suffix.AsSpan(2));
        _suffixLength = 2 + health.Length;
        if (numa is not { } node)
        {
            return;
        }

        Span<byte> number = stackalloc byte[6];
        var length = 0;
        if (node != 0)                                                     // proto3 does not write a number that is 0
        {
            number[length++] = 0x08;
            var rest = (uint)node;
            for (; rest >= 0x80; rest >>= 7)
            {
                number[length++] = (byte)(rest | 0x80);
            }

            number[length++] = (byte)rest;
        }

        ReadOnlySpan<byte> head = [0x1A, (byte)(length + 2), 0x0A, (byte)length];
        head.CopyTo(_suffix.AsSpan(_suffixLength));
        number[..length].CopyTo(_suffix.AsSpan(_suffixLength + head.Length));
        _suffixLength += head.Length + length;
    }
}
