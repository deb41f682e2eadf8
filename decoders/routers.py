"""Aggregators and bot programs: labels on the swaps they call, never swaps themselves."""

from decoders.engine.spec import Router

ROUTERS = (
    Router("jupiter_v6", "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"),
    Router("jupiter_v4", "JUP4Fb2cqiRUcaTHdrPC8h2gNsA2ETXiPDD33WcGuJB"),
    Router("jupiter_v2", "JUP2jxvXaqu7NQY1GmNF4m1vodw12LVXYxbFL2uJvfo"),
    Router("dflow", "DF1ow4tspfHX9JwWJsAb9epbkA8hmpSEAtxXy1V27QBH"),
    Router("okx_dex_v2", "proVF4pMXVaYqmy4NjniPh4pqKNfMmsihgd4wdkCX3u"),
    Router("okx_dex_v1", "6m2CDdhRgxpH4WjvdzxAYbGxwdGUz5MziiL5jek2kBma"),
    Router("titan", "T1TANpTeScyeqVzzgNViGDNrkQ6qHz9KrSBS4aNXvGT"),
    Router("raydium_router", "routeUGWgWzqBWFcrCfv8tritsqukccJPu3q5GPP3xS"),
    Router("kamino_limit_order", "LiMoM9rMhrdYrfzUCxQppvxCSG1FcrUK9G8uLq4A1GF"),
    Router("jupiter_limit_order_v2", "j1o2qRpjcyUwEvwtcfhEQefh773ZgjxcVRry7LDqg5X"),
    Router("jupiter_limit_order_v1", "jupoNjAxXgZ4rjzxzPMP4oxduvQsQtZzyknqvzYNrNu"),
    Router("jupiter_dca", "DCA265Vj8a9CEuX1eb1LWRnDT7uK6q1xMipnNyatn23M"),
    # what it swaps through wrapped SOL are the stake pools' own conversions; through stake accounts no token is paid
    Router("sanctum_router", "stkitrT1Uoy18Dk1fTrgPw8W6MVzoCfYoAFT4MLsmhq"),
    Router("axiom", "FLASHX8DrLbgeR8FcfNV1F5krxYcYMUdBkrP1EPBtxB9"),
    Router("gmgn", "GMgnVFR8Jb39LoXsEVzb3DvBy3ywCmdmJquHUy1Lrkqb"),
    Router("gmgn_old", "GMGNreQcJFufBiCTLDBgKhYEfEe9B454UjpDr5CaSLA1"),
    Router("binance_wallet", "B3111yJCeHBcA1bizdJjUFPALfhAfSRnAbJzGUtnt56A"),
    Router("photon", "BSfD6SHZigAfDWSjzD5Q41jw8LmKwtmjskPH9XW1mrRW"),
    Router("banana_gun", "BANANAjs7FJiPQqJTGFzkZJndT9o7UmKiYYGaJz6frGu"),
    Router("bloom", "b1oomGGqPKGD6errbyfbVMBuzSC8WtAAYo8MwNafWW1"),
    Router("maestro", "MaestroAAe9ge5HTc64VbBQZ6fP77pwvrhM8i1XWSAx"),
    Router("mintech", "minTcHYRLVPubRK8nt6sqe2ZpWrGDLQoNLipDJCGocY"),
    Router("nova", "NoVA1TmDUqksaj2hB1nayFkPysjJbFiU76dT4qPw2wm"),
    Router("apepro", "JSW99DKmxNyREQM14SQLDykeBvEUG63TeohrvmofEiw"),
    Router("prism", "Prism8hsRo6Ww5jiN5Zeh3YDPLZHqHduCPSAV7JF7qv"),
)
