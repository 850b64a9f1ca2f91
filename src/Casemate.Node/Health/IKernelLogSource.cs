namespace Casemate.Node.Health;

/// <summary>Where records of the kernel's log come from.</summary>
public interface IKernelLogSource : IDisposable
{
    /// <summary>Reads the next record that is there already.</summary>
    /// <param name="buffer">At least <see cref="KernelLog.LongestRecord"/> bytes.</param>
    /// <param name="length">How long the record is.</param>
    /// <returns>False when there is none now.</returns>
    bool TryRead(Span<byte> buffer, out int length);
}
