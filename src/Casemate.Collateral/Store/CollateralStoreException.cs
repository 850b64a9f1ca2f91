namespace Casemate.Collateral.Store;

/// <summary>The store cannot be read or written (disk full, no permission, too many entries). What it held, it still holds.</summary>
public sealed class CollateralStoreException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What is wrong and where, complete for a reader.</param>
    /// <param name="cause">The error underneath; null when there is none.</param>
    public CollateralStoreException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }

    /// <summary>The one thing to do about it; null: look at the permissions of the directory and the space on its disk.</summary>
    public string? Remedy { get; init; }
}
