<?php

namespace App\Http\Controllers;

use App\Models\Product;
use Illuminate\Http\JsonResponse;

class ProductController
{
    public function __invoke(): JsonResponse
    {
        return response()
            ->json(['data' => Product::query()->orderBy('id')->limit(100)->get()])
            ->header('Cache-Control', 'no-store');
    }
}
