<?php

namespace App\Http\Controllers;

use Illuminate\Http\JsonResponse;
use Illuminate\Support\Facades\DB;
use Throwable;

class HealthController
{
    /** About this process alone: a database that is away is no reason to restart it. */
    public function alive(): JsonResponse
    {
        return response()->json(['status' => 'ok']);
    }

    public function ready(): JsonResponse
    {
        try {
            DB::select('SELECT 1');
        } catch (Throwable $e) {
            report($e);

            return response()->json(['error' => 'the database does not answer'], 503);
        }

        return response()->json(['status' => 'ready']);
    }
}
