using System.Buffers;
using Casemate.Quoting.Devices;

namespace Casemate.Quoting.Tsm;

/// <summary>The directory of reports as the kernel has it (Linux, Documentation/ABI/testing/configfs-tsm).</summary>
internal sealed class TsmTree(string root) : ITsmTree
{
    /// <inheritdoc/>
    public int List(out IReadOnlyList<string> names)
    {
        names = [];
        try
        {
            names = [.. Directory.EnumerateDirectories(root).Select(path => Path.GetFileName(path))];
            return 0;
        }
        catch (DirectoryNotFoundException)
        {
            return -ErrorNumber.NoEntry;
        }
        catch (UnauthorizedAccessException)
        {
            return -ErrorNumber.AccessDenied;
        }
        catch (IOException)
        {
            return -ErrorNumber.InputOutput;
        }
    }

    /// <inheritdoc/>
    public int Make(string name, out IDisposable? hold)
    {
        hold = null;
        var path = Path.Combine(root, name);
        var error = Descriptor.MakeDirectory(path);
        if (error != 0)
        {
            return -error;
        }

        // A lock on the open directory says "in use" to every process, also to those in other process namespaces, and cannot be
        // left behind. Where the file system has no such lock nobody can sweep, which is the safe side.
        if (Descriptor.Open(path, DescriptorAccess.Read, out var handle) != 0)
        {
            handle.Dispose();
            return -ErrorNumber.Busy;                                      // a sweeper was faster than the lock
        }

        if (Descriptor.TryLock(handle) == ErrorNumber.TryAgain)
        {
            handle.Dispose();
            return -ErrorNumber.Busy;
        }

        hold = handle;
        return 0;
    }

    /// <inheritdoc/>
    public int Remove(string name) => -Descriptor.RemoveDirectory(Path.Combine(root, name));

    /// <inheritdoc/>
    public int RemoveAbandoned(string name)
    {
        var path = Path.Combine(root, name);
        var error = Descriptor.Open(path, DescriptorAccess.Read, out var handle);
        using (handle)
        {
            error = error != 0 ? error : Descriptor.TryLock(handle);
            return error != 0 ? -error : -Descriptor.RemoveDirectory(path);
        }
    }

    /// <inheritdoc/>
    public int Write(string name, string attribute, ReadOnlySpan<byte> value)
    {
        var error = Descriptor.Open(Path.Combine(root, name, attribute), DescriptorAccess.Write, out var handle);
        using (handle)
        {
            if (error != 0)
            {
                return -error;
            }

            // The kernel takes a binary attribute in when it is closed, and has nobody to tell of an error then: the generation tells.
            var count = Descriptor.Write(handle, value);
            return count < 0 ? count : count == value.Length ? 0 : -ErrorNumber.InputOutput;
        }
    }

    /// <inheritdoc/>
    public int Read(string name, string attribute, int limit, out byte[] value)
    {
        value = [];
        var error = Descriptor.Open(Path.Combine(root, name, attribute), DescriptorAccess.Read, out var handle);
        var buffer = ArrayPool<byte>.Shared.Rent(limit + 1);
        try
        {
            if (error != 0)
            {
                return -error;
            }

            var length = 0;
            while (length <= limit)
            {
                var count = Descriptor.Read(handle, buffer.AsSpan(length, limit + 1 - length));
                if (count <= 0)
                {
                    value = count < 0 ? [] : buffer[..length];
                    return count;
                }

                length += count;
            }

            return -ErrorNumber.FileTooLarge;
        }
        finally
        {
            handle.Dispose();
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
